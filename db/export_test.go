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

// TripsAtOnce is how many trips are under way at most.
const TripsAtOnce = tripsAtOnce

// AskNull asks for what cannot be read.
var AskNull = Question{sql: `SELECT NULL::text`, read: func(rows pgx.Rows) error {
	var text string
	_, err := pgx.ForEachRow(rows, []any{&text}, func() error { return nil })
	return err
}}

// Waiting is how many wait for a trip.
func (s *Store) Waiting() int {
	s.trips.mu.Lock()
	defer s.trips.mu.Unlock()
	return len(s.trips.waiting)
}

// Travelling is how many trips are under way.
func (s *Store) Travelling() int {
	s.trips.mu.Lock()
	defer s.trips.mu.Unlock()
	return s.trips.underWay
}
