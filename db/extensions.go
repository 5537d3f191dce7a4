package db

import (
	"context"
	"fmt"
	"time"
)

// extensionLasts is how long an extension that somebody has taken on counts as
// under way. After that one that Apono does not tell of was not made.
const extensionLasts = 30 * time.Second

// ClaimExtension takes on the extension of an access that has been extended so
// often. Of those who want to at once only one may.
func (s *Store) ClaimExtension(ctx context.Context, requestID string, used int) (ok bool, err error) {
	tag, err := s.pool.Exec(ctx, `
		UPDATE requests SET extensions = $2 + 1, extended_at = now()
		WHERE id = $1 AND (extensions <= $2 OR extended_at < now() - $3::interval)`, requestID, used, extensionLasts)
	if err != nil {
		return false, fmt.Errorf("claim an extension of %s: %w", requestID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// ReleaseExtension gives back an extension that was claimed and not made.
func (s *Store) ReleaseExtension(ctx context.Context, requestID string, used int) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE requests SET extensions = $2 WHERE id = $1 AND extensions = $2 + 1`, requestID, used)
	if err != nil {
		return fmt.Errorf("release an extension of %s: %w", requestID, err)
	}
	return nil
}
