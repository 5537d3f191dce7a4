package teams

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Member is a person as Teams knows them in a conversation.
type Member struct {
	ID       string // within Teams, for this bot: "29:…"
	ObjectID string // in Entra
	TenantID string
	Name     string
	Email    string // may be empty, and differ from UPN
	UPN      string
	Role     string // user, guest, anonymous, …
}

// Guest is true for everybody who does not belong to the tenant: Entra marks
// a guest's UPN with #EXT#.
func (m Member) Guest() bool {
	return strings.EqualFold(m.Role, "guest") || strings.EqualFold(m.Role, "anonymous") ||
		strings.Contains(strings.ToUpper(m.UPN), "#EXT#")
}

// Member reads who somebody is. memberID is their id within Teams, their Entra
// object id or their UPN.
func (c *Client) Member(ctx context.Context, in Conversation, memberID string) (Member, error) {
	const op = "member"
	to, err := c.endpoint(in.ServiceURL, "conversations", in.ID, "members", memberID)
	if err != nil {
		return Member{}, refused(op, err)
	}
	body, err := c.do(ctx, op, http.MethodGet, to, nil)
	if err != nil {
		return Member{}, err
	}
	var m member
	if err := json.Unmarshal(body, &m); err != nil {
		return Member{}, &Error{Op: op, Status: http.StatusOK, cause: err}
	}
	return m.member(), nil
}

// member is a Member as Teams writes it. The object id goes by two names.
type member struct {
	ID          string `json:"id"`
	ObjectID    string `json:"objectId"`
	AADObjectID string `json:"aadObjectId"`
	TenantID    string `json:"tenantId"`
	Name        string `json:"name"`
	Email       string `json:"email"`
	UPN         string `json:"userPrincipalName"`
	Role        string `json:"userRole"`
}

func (m member) member() Member {
	return Member{
		ID: m.ID, ObjectID: cmp.Or(m.AADObjectID, m.ObjectID), TenantID: m.TenantID,
		Name: m.Name, Email: m.Email, UPN: m.UPN, Role: m.Role,
	}
}

// membersPage is how many people Teams tells at once at most.
const membersPage = 500

// Members reads who is in a conversation: in a standard channel its whole team,
// in a private or shared one those who are in the channel. It is read in pages,
// each when the loop gets there; after an error, which is the last thing it
// yields, there are no more. Teams: "Get your bot roster", GET pagedmembers.
func (c *Client) Members(ctx context.Context, in Conversation) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		for token, seen := "", map[string]bool{}; ; seen[token] = true {
			page, next, err := c.members(ctx, in, token)
			if err == nil && next != "" && (next == token || seen[next]) {
				err = &Error{Op: "members", Status: http.StatusOK, Message: "the roster repeats a page"}
			}
			if err != nil {
				yield(Member{}, err)
				return
			}
			for _, m := range page {
				if !yield(m.member(), nil) {
					return
				}
			}
			if token = next; token == "" {
				return
			}
		}
	}
}

// members is one page of a roster, and the token of the next.
func (c *Client) members(ctx context.Context, in Conversation, token string) (page []member, next string, err error) {
	const op = "members"
	to, err := c.endpoint(in.ServiceURL, "conversations", in.ID, "pagedmembers")
	if err != nil {
		return nil, "", refused(op, err)
	}
	query := url.Values{"pageSize": {strconv.Itoa(membersPage)}}
	if token != "" {
		query.Set("continuationToken", token)
	}
	to.RawQuery = query.Encode()
	body, err := c.do(ctx, op, http.MethodGet, to, nil)
	if err != nil {
		return nil, "", err
	}
	var answer struct {
		Members []member `json:"members"`
		Next    string   `json:"continuationToken"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, "", &Error{Op: op, Status: http.StatusOK, cause: err}
	}
	return answer.Members, answer.Next, nil
}

// account is somebody in a request body.
type account struct {
	ID string `json:"id"`
}

// CreateConversation opens the person's own chat with the bot, or finds it: to
// call it again is safe. memberID is their id within Teams. Teams refuses
// where the app is not installed.
func (c *Client) CreateConversation(ctx context.Context, serviceURL, tenantID, memberID string) (string, error) {
	const op = "create conversation"
	to, err := c.endpoint(serviceURL, "conversations")
	for _, id := range []string{memberID, tenantID} {
		if err == nil {
			err = checkID(id)
		}
	}
	if err != nil {
		return "", refused(op, err)
	}
	content, err := encode(struct {
		IsGroup  bool      `json:"isGroup"`
		Bot      account   `json:"bot"`
		Members  []account `json:"members"`
		TenantID string    `json:"tenantId"`
	}{false, account{botMRI(c.appID)}, []account{{memberID}}, tenantID})
	if err != nil {
		return "", refused(op, err)
	}
	leave, err := c.order.wait(ctx, memberID)
	if err != nil {
		return "", &Error{Op: op, cause: err}
	}
	defer leave()
	body, err := c.do(ctx, op, http.MethodPost, to, content)
	if err != nil {
		return "", err
	}
	var created account
	if err := json.Unmarshal(body, &created); err != nil || created.ID == "" {
		return "", &Error{Op: op, Message: "the answer names no conversation", cause: err, unclear: true}
	}
	return created.ID, nil
}
