-- +goose Up

-- Every activity is written twice, when it is taken on and when it is answered:
-- with room beside it the second time touches no index.
ALTER TABLE activities SET (fillfactor = 60);
