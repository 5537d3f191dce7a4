package teamsbot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/apono-teams/teamsbot/teamsbot/teams"
)

// bodyLimit is how much of a request's body is read: activities are well under
// 256 KB.
const bodyLimit = 256 << 10

// routes is every path that the bot answers.
func (b *Bot) routes() (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(gin.CustomRecoveryWithWriter(io.Discard, b.recovered))
	// Anybody can send a header; only what a proxy of ours adds says who called.
	r.RemoteIPHeaders = []string{"X-Forwarded-For"}
	if err := r.SetTrustedProxies(b.TrustedProxies); err != nil {
		return nil, fmt.Errorf("trusted proxies: %w", err)
	}
	r.POST("/api/messages", b.postMessages)
	r.POST("/api/apono/events", b.postEvents)
	r.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	r.GET("/readyz", b.getReady)
	r.GET("/metrics", gin.WrapH(b.metrics.handler()))
	return r, nil
}

// postMessages takes an activity from Teams.
func (b *Bot) postMessages(c *gin.Context) {
	started := time.Now()
	t := &turn{bot: b, correlation: c.GetHeader("MS-CV")}
	// Who has no token of Microsoft's is told so before anything is read.
	authorization := c.Request.Header["Authorization"]
	flood := b.strangers.spent(c.ClientIP(), b.Now())
	if len(authorization) != 1 || !looksLikeToken(authorization[0]) || flood && b.Verifier.Foreign(authorization[0]) {
		b.turnAway(c, t, started, status(http.StatusUnauthorized))
		return
	}
	// Teams hanging up must not undo what has been begun.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), b.within(pressLasts))
	defer cancel()
	token, err := b.Verifier.Screen(ctx, authorization[0])
	if err != nil {
		b.turnAway(c, t, started, t.reject(err))
		return
	}
	body, err := readBody(c)
	if err != nil {
		c.Status(statusOfRead(err))
		return
	}
	answer := t.take(ctx, token, body)
	took := time.Since(started)
	if !t.quiet {
		t.log(answer, took)
	}
	b.metrics.turned(t, answer, took)
	c.Header("Cache-Control", "no-store")
	if answer.Body == nil {
		c.Status(answer.Status)
		return
	}
	c.Header("Content-Length", strconv.Itoa(len(answer.Body))) // net/http would send what is long in pieces
	c.Data(answer.Status, "application/json; charset=utf-8", answer.Body)
	if t.repeat != nil {
		clear(answer.Body) // there are access details in it
	}
}

// readBody reads a body, in one piece where its length was announced.
func readBody(c *gin.Context) ([]byte, error) {
	var body bytes.Buffer
	body.Grow(int(min(max(c.Request.ContentLength, 0), bodyLimit)) + bytes.MinRead)
	_, err := body.ReadFrom(http.MaxBytesReader(c.Writer, c.Request.Body, bodyLimit))
	return body.Bytes(), err
}

// turnAway answers who is not Teams.
func (b *Bot) turnAway(c *gin.Context, t *turn, started time.Time, answer teams.Answer) {
	took := time.Since(started)
	b.metrics.turned(t, answer, took)
	if b.refuse(c, answer.Status) && t.err != nil {
		t.log(answer, took)
	}
}

// refuse answers who is neither Teams nor Apono, and says whether to note it:
// from an address from which that is often, it is noted no more. The connection is
// kept: a new one would cost more than the answer.
func (b *Bot) refuse(c *gin.Context, code int) (noted bool) {
	noted = b.strangers.allow(c.ClientIP(), b.Now())
	if !noted && code < http.StatusInternalServerError {
		code = http.StatusTooManyRequests
	}
	c.Status(code)
	return noted
}

// postEvents takes an event from Apono's webhook.
func (b *Bot) postEvents(c *gin.Context) {
	if len(b.WebhookSecrets) == 0 {
		c.Status(http.StatusNotFound)
		return
	}
	authorization := c.Request.Header["Authorization"]
	if !b.knowsSecret(authorization) {
		if b.refuse(c, http.StatusUnauthorized) && len(authorization) > 0 { // else nobody even tried
			b.Log.Warn().Int("status", http.StatusUnauthorized).Msg("event refused")
		}
		return
	}
	body, err := readBody(c)
	if err != nil {
		c.Status(statusOfRead(err))
		return
	}
	c.Status(b.onEvent(c.Request.Context(), body))
}

// getReady says whether the bot can work: its database and Microsoft's keys.
func (b *Bot) getReady(c *gin.Context) {
	select {
	case <-b.retired:
		c.String(http.StatusServiceUnavailable, "stopping\n")
		return
	default:
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), 2*time.Second)
	defer cancel()
	if err := b.Store.Ready(ctx); err != nil {
		b.Log.Warn().Err(err).Msg("not ready")
		c.String(http.StatusServiceUnavailable, "the database does not answer\n")
		return
	}
	if err := b.Verifier.Ready(); err != nil {
		b.Log.Warn().Err(err).Msg("not ready")
		c.String(http.StatusServiceUnavailable, "Microsoft's signing keys are not there yet\n")
		return
	}
	c.String(http.StatusOK, "ready\n")
}

func (b *Bot) recovered(c *gin.Context, cause any) {
	b.Log.Error().Str("panic", fmt.Sprint(cause)).Bytes("stack", debug.Stack()).Str("path", c.FullPath()).Msg("panicked")
	c.AbortWithStatus(http.StatusInternalServerError)
}

// looksLikeToken says that a header is worth reading the body for: a bearer
// token of three parts. It is checked later.
func looksLikeToken(authorization string) bool {
	return strings.Count(authorization, " ") == 1 && strings.Count(authorization, ".") == 2
}

func statusOfRead(err error) int {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}
