package teamsbot

import (
	"io"
	"log"
	"net/http"
	"time"
)

// Server is what serves Handler, with the limits for who is slow or sends too
// much. It logs nothing of connections that go wrong: whoever makes them could
// fill the log.
func (b *Bot) Server() *http.Server {
	return &http.Server{
		Handler:           b.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
}
