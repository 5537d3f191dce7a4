package aponoapi

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// instant is a time as any family writes it: epoch seconds with a fraction
// (v3, client API) or ISO 8601 (user and admin API). What is neither is no
// time, rather than no request.
type instant struct{ time.Time }

// UnmarshalJSON never fails: a request with an odd date is still a request.
func (t *instant) UnmarshalJSON(raw []byte) error {
	t.Time = time.Time{}
	text := string(bytes.Trim(raw, `"`))
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		whole, fraction := math.Modf(seconds)
		if whole != 0 && math.Abs(whole) < 1e11 {
			t.Time = time.Unix(int64(whole), int64(math.Round(fraction*1e6))*1000).UTC()
		}
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, text); err == nil {
			t.Time = at.UTC()
			return nil
		}
	}
	return nil
}

// requestV3 is Apono's AccessRequest of /api/v3.
type requestV3 struct {
	RequestID         string   `json:"request_id"`
	FriendlyRequestID string   `json:"friendly_request_id"`
	UserID            string   `json:"user_id"`
	Status            string   `json:"status"`
	IntegrationID     string   `json:"integration_id"`
	ResourceIDs       []string `json:"resource_ids"`
	Permissions       []string `json:"permissions"`
	Justification     string   `json:"justification"`
}

func (w requestV3) request() AccessRequest {
	r := AccessRequest{
		ID: w.RequestID, V3ID: w.RequestID, FriendlyID: w.FriendlyRequestID,
		Status: ParseStatus(w.Status), Grantee: Party{ID: w.UserID},
		ResourceIDs: w.ResourceIDs, Permissions: w.Permissions, Justification: w.Justification,
	}
	if w.IntegrationID != "" {
		r.Groups = []Group{{Integration: Integration{ID: w.IntegrationID}}}
	}
	return r
}

// requestV4 is Apono's AccessRequestV4 and DelegatedAccessRequestV1, which
// differ only in what may be missing.
type requestV4 struct {
	ID             string                     `json:"id"`
	Status         string                     `json:"status"`
	DurationInSec  int64                      `json:"duration_in_sec"`
	Justification  string                     `json:"justification"`
	CreationDate   instant                    `json:"creation_date"`
	RevocationDate instant                    `json:"revocation_date"`
	CustomFields   map[string]json.RawMessage `json:"custom_fields"`
	AccessGroups   []groupV4                  `json:"access_groups"`
	Requestor      *identity                  `json:"requestor"`
	Grantee        *identity                  `json:"grantee"`
	Bundle         *Bundle                    `json:"bundle"`
}

type groupV4 struct {
	Integration   Integration `json:"integration"`
	ResourceTypes []struct {
		ID    string `json:"id"`
		Label string `json:"label"`
	} `json:"resource_types"`
}

type identity struct {
	ID       string `json:"id"`
	SourceID string `json:"source_id"`
}

func (i *identity) party() Party {
	if i == nil {
		return Party{}
	}
	return Party{ID: i.ID, Email: i.SourceID}
}

func (w requestV4) request() AccessRequest {
	r := AccessRequest{
		ID: w.ID, V4ID: w.ID, Status: ParseStatus(w.Status),
		Requester: w.Requestor.party(), Grantee: w.Grantee.party(),
		Duration: time.Duration(w.DurationInSec) * time.Second, Justification: w.Justification,
		CustomFields: texts(w.CustomFields), CreatedAt: w.CreationDate.Time, RevokedAt: w.RevocationDate.Time,
	}
	if w.Bundle != nil {
		r.Bundle = *w.Bundle
	}
	for _, g := range w.AccessGroups {
		group := Group{Integration: g.Integration}
		for _, t := range g.ResourceTypes {
			group.ResourceTypes = append(group.ResourceTypes, ResourceType{ID: t.ID, Name: t.Label})
		}
		r.Groups = append(r.Groups, group)
	}
	return r
}

// texts keeps the custom fields that are texts; Apono documents no others.
func texts(raw map[string]json.RawMessage) map[string]string {
	if len(raw) == 0 {
		return nil
	}
	fields := make(map[string]string, len(raw))
	for name, value := range raw {
		var text string
		if json.Unmarshal(value, &text) == nil {
			fields[name] = text
		}
	}
	return fields
}

// wholeSeconds is a duration as Apono takes it: a positive int32 of seconds,
// or 0 for none.
func wholeSeconds(op string, d time.Duration) (int32, error) {
	if d < 0 || d > math.MaxInt32*time.Second || (d > 0 && d < time.Second) {
		return 0, refused(op, "%v is no duration that Apono takes", d)
	}
	return int32(d / time.Second), nil
}

// orEmpty keeps a required array from being sent as null.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
