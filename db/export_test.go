package db

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The statement whose plan is looked at.
const ForgetSubmissions = forgetSubmissions

// OpenTraced is Open, with somebody told of every statement.
func OpenTraced(ctx context.Context, c Config, told pgx.QueryTracer) (*Store, error) {
	return open(ctx, c, func(config *pgxpool.Config) { config.ConnConfig.Tracer = told })
}
