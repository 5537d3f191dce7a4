package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// MaxFavorites is how many favorites one person can have.
const MaxFavorites = 50

// ErrNameTaken says that the person has another favorite of that name.
var ErrNameTaken = errors.New("the name is taken")

// ErrFull says that the person has as many favorites as there can be.
var ErrFull = errors.New("too many")

// Wish is what can be asked for again: everything but the reason.
type Wish struct {
	Integration  Named         `json:"integration"`
	ResourceType Named         `json:"resource_type"`
	Resources    []Named       `json:"resources"`
	Permissions  []string      `json:"permissions"`
	Duration     time.Duration `json:"duration"`

	// Of a wish for a bundle, which has no integration and the like.
	Bundle Named   `json:"bundle,omitzero"`
	Units  []Named `json:"units,omitempty"` // what of the bundle; none: the whole of it
}

// Wish is what was asked for, without the reason.
func (a Asked) Wish() Wish {
	if a.Bundle.ID == "" {
		return Wish{
			Integration: a.Integration, ResourceType: a.ResourceType, Resources: a.Resources, Permissions: a.Permissions,
			Duration: a.Duration,
		}
	}
	w := Wish{Bundle: a.Bundle, Duration: a.Duration}
	for _, u := range a.Units {
		w.Units = append(w.Units, u.Named)
	}
	return w
}

// Favorite is a wish that a person has given a name.
type Favorite struct {
	ID   string
	Name string
	Wish Wish
}

// AddFavorite keeps a wish under a name. The same wish under the same name is
// there once; another under that name is ErrNameTaken, and one too many is
// ErrFull. Names differ in more than the case of their letters.
func (s *Store) AddFavorite(ctx context.Context, k PersonKey, name string, w Wish) error {
	wish, err := marshal(w)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		there, err := favoriteFits(ctx, tx, k, name, wish)
		if err != nil || there {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO favorites (tenant_id, object_id, name, folded, wish)
			VALUES ($1, $2, $3, $4, $5)`, k.TenantID, k.ObjectID, name, fold(name), wish)
		return err
	})
	switch {
	case isTaken(err): // by another that was renamed meanwhile
		return fmt.Errorf("add a favorite of %s: %w", k.ObjectID, ErrNameTaken)
	case err != nil:
		return fmt.Errorf("add a favorite of %s: %w", k.ObjectID, err)
	}
	return nil
}

// favoriteFits says what keeps a favorite from being added, or that it is there
// already.
func favoriteFits(ctx context.Context, tx pgx.Tx, k PersonKey, name string, wish json.RawMessage) (there bool, err error) {
	// One at a time, so that two cannot both take the last place.
	if _, err := tx.Exec(ctx, `
		SELECT FROM people WHERE tenant_id = $1 AND object_id = $2
		FOR NO KEY UPDATE`, k.TenantID, k.ObjectID); err != nil {
		return false, err
	}
	var have int
	var taken bool
	err = tx.QueryRow(ctx, `
		SELECT count(*), coalesce(bool_or(folded = $3), false), coalesce(bool_or(folded = $3 AND wish = $4::jsonb), false)
		FROM favorites WHERE tenant_id = $1 AND object_id = $2`,
		k.TenantID, k.ObjectID, fold(name), wish).Scan(&have, &taken, &there)
	switch {
	case err != nil || there:
		return there, err
	case taken:
		return false, ErrNameTaken
	case have >= MaxFavorites:
		return false, ErrFull
	}
	return false, nil
}

// Favorite is the favorite of that id if it is the person's, else ErrNotFound:
// the id comes back from a card, which anybody can forge.
func (s *Store) Favorite(ctx context.Context, k PersonKey, id string) (Favorite, error) {
	if !isID(id) {
		return Favorite{}, fmt.Errorf("favorite of no such name: %w", ErrNotFound)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT id, name, wish FROM favorites
		WHERE id = $1 AND tenant_id = $2 AND object_id = $3`, id, k.TenantID, k.ObjectID)
	if err != nil {
		return Favorite{}, fmt.Errorf("look up favorite %q: %w", id, err)
	}
	f, err := pgx.CollectExactlyOneRow(rows, scanFavorite)
	if errors.Is(err, pgx.ErrNoRows) {
		return Favorite{}, fmt.Errorf("favorite %q: %w", id, ErrNotFound)
	}
	if err != nil {
		return Favorite{}, fmt.Errorf("look up favorite %q: %w", id, err)
	}
	return f, nil
}

// RenameFavorite gives a person's favorite another name. It is ErrNotFound if
// it is not theirs, and ErrNameTaken if another one has that name.
func (s *Store) RenameFavorite(ctx context.Context, k PersonKey, id, name string) error {
	return s.changeFavorite(ctx, `
		UPDATE favorites SET name = $4, folded = $5
		WHERE id = $1 AND tenant_id = $2 AND object_id = $3`, k, id, name, fold(name))
}

// DeleteFavorite drops a person's favorite. It is ErrNotFound if it is not
// theirs.
func (s *Store) DeleteFavorite(ctx context.Context, k PersonKey, id string) error {
	return s.changeFavorite(ctx, `
		DELETE FROM favorites WHERE id = $1 AND tenant_id = $2 AND object_id = $3`, k, id)
}

func (s *Store) changeFavorite(ctx context.Context, sql string, k PersonKey, id string, more ...any) error {
	if !isID(id) {
		return fmt.Errorf("favorite of no such name: %w", ErrNotFound)
	}
	tag, err := s.pool.Exec(ctx, sql, append([]any{id, k.TenantID, k.ObjectID}, more...)...)
	switch {
	case isTaken(err):
		return fmt.Errorf("favorite %s: %w", id, ErrNameTaken)
	case err != nil:
		return fmt.Errorf("change favorite %s: %w", id, err)
	case tag.RowsAffected() == 0:
		return fmt.Errorf("favorite %s: %w", id, ErrNotFound)
	}
	return nil
}

// uniqueViolation is Postgres' code for a second one of what can be there once.
const uniqueViolation = "23505"

// isTaken says that there is one already of what can be there once.
func isTaken(err error) bool {
	var broken *pgconn.PgError
	return errors.As(err, &broken) && broken.Code == uniqueViolation
}

func scanFavorite(row pgx.CollectableRow) (f Favorite, err error) {
	var wish json.RawMessage
	if err := row.Scan(&f.ID, &f.Name, &wish); err != nil {
		return Favorite{}, err
	}
	return f, json.Unmarshal(wish, &f.Wish)
}

// fold is a name by which two that differ in the case of letters are one.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// Recent is a submission that Apono has, with the requests that came of it.
type Recent struct {
	Submission Submission
	Requests   []Request
}

// scanRecent reads requestColumns and submissionColumns.
func scanRecent(row pgx.CollectableRow) (Recent, error) {
	var read submissionRow
	r, err := scanRequestAnd(row, read.columns()...)
	if err != nil {
		return Recent{}, err
	}
	sub, err := read.submission()
	return Recent{sub, []Request{r}}, err
}

// AskFavorites asks for a person's favorites by name.
func AskFavorites(k PersonKey, all *[]Favorite) Question {
	return Question{`
		SELECT id, name, wish FROM favorites
		WHERE tenant_id = $1 AND object_id = $2
		ORDER BY folded`, []any{k.TenantID, k.ObjectID}, func(rows pgx.Rows) (err error) {
		*all, err = pgx.CollectRows(rows, scanFavorite)
		return err
	}}
}

// AskRecent asks for so many of a person's last submissions that became requests,
// newest first.
func AskRecent(k PersonKey, limit int, recent *[]Recent) Question {
	// One picture: a request can be given back to another submission meanwhile.
	return Question{`
		SELECT ` + requestColumns + `, ` + submissionColumns + `
		FROM (
			SELECT * FROM submissions s
			WHERE s.tenant_id = $1 AND s.object_id = $2 AND s.state = 'created'
				AND EXISTS (SELECT FROM requests r WHERE r.submission_id = s.id)
			ORDER BY s.asked_at DESC, s.id LIMIT $3
		) s JOIN requests r ON r.submission_id = s.id
		ORDER BY s.asked_at DESC, s.id, r.created_at, r.id`, []any{k.TenantID, k.ObjectID, limit}, func(rows pgx.Rows) error {
		each, err := pgx.CollectRows(rows, scanRecent)
		*recent = together(each)
		return err
	}}
}

// FavoritesAndRecent answers AskFavorites and AskRecent.
func (s *Store) FavoritesAndRecent(ctx context.Context, k PersonKey, limit int) ([]Favorite, []Recent, error) {
	var all []Favorite
	var recent []Recent
	if err := s.trips.ask(ctx, AskFavorites(k, &all), AskRecent(k, limit, &recent)); err != nil {
		return nil, nil, fmt.Errorf("list the favorites of %s: %w", k.ObjectID, err)
	}
	return all, recent, nil
}

// together are submissions with all their requests, which follow each other.
func together(each []Recent) (all []Recent) {
	for _, r := range each {
		if n := len(all); n > 0 && all[n-1].Submission.ID == r.Submission.ID {
			all[n-1].Requests = append(all[n-1].Requests, r.Requests...)
			continue
		}
		all = append(all, r)
	}
	return all
}
