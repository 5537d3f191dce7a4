package aponoapi

import (
	"encoding/json"
	"time"
)

// requestClient is Apono's AccessRequestClientModel.
type requestClient struct {
	ID        string  `json:"id"`
	Requestor person  `json:"requestor"`
	Grantee   *person `json:"grantee"`
	Status    struct {
		Status      string `json:"status"`
		Description string `json:"description"`
	} `json:"status"`
	CreationTime   instant                    `json:"creation_time"`
	RevocationTime instant                    `json:"revocation_time"`
	Justification  string                     `json:"justification"`
	AccessGroups   []groupClient              `json:"access_groups"`
	Bundle         *Bundle                    `json:"bundle"`
	Challenge      *challenge                 `json:"challenge"`
	DurationInSec  int64                      `json:"duration_in_sec"`
	CustomFields   map[string]json.RawMessage `json:"custom_fields"`
	ReasonRequired bool                       `json:"require_approver_reason"`
	Favorite       bool                       `json:"favorite"`
	Summary        []struct {
		Resource   string `json:"resource_name"`
		Permission string `json:"permission_name"`
	} `json:"access_units_summary"`
	ResourceNames  []string `json:"distinct_resource_names"`
	ExtensionCount int      `json:"extension_count"`
	ExtendOptions  struct {
		CanExtend    bool   `json:"can_extend"`
		Availability string `json:"extension_availability"`
		BySec        int64  `json:"extend_duration_in_sec"`
		Remaining    int    `json:"remaining_extensions"`
	} `json:"extend_options"`
}

// person is Apono's UserClientModel and GranteeClientModel.
type person struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	Email       string `json:"email"`
	SourceID    string `json:"source_id"`
	Type        string `json:"type"`
}

func (p *person) party() Party {
	if p == nil {
		return Party{}
	}
	party := Party{ID: p.ID, Email: p.Email, Name: p.Name}
	if party.Email == "" {
		party.Email = p.SourceID
	}
	if party.Name == "" {
		party.Name = p.DisplayName
	}
	return party
}

type groupClient struct {
	ID            string               `json:"id"`
	Integration   Integration          `json:"integration"`
	ResourceTypes []resourceTypeClient `json:"resource_types"`
	Status        struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	} `json:"status"`
}

type challenge struct {
	LogicalRelation string `json:"logical_relation"`
	Approvers       []struct {
		Name            string  `json:"name"`
		Type            string  `json:"type"`
		Status          string  `json:"status"`
		Tier            int     `json:"tier"`
		TierEscalatedAt instant `json:"tier_escalated_at"`
	} `json:"approvers"`
}

func (w requestClient) request() AccessRequest {
	r := AccessRequest{
		ID: w.ID, V4ID: w.ID, Status: ParseStatus(w.Status.Status), Note: clean(w.Status.Description, maxMessage),
		Requester: w.Requestor.party(), Grantee: w.Grantee.party(),
		Duration: time.Duration(w.DurationInSec) * time.Second, Justification: w.Justification,
		CustomFields: texts(w.CustomFields), CreatedAt: w.CreationTime.Time, RevokedAt: w.RevocationTime.Time,
		ReasonRequired: w.ReasonRequired, Favorite: w.Favorite, ResourceNames: w.ResourceNames,
		Extension: Extension{
			Possible: w.ExtendOptions.CanExtend, Availability: w.ExtendOptions.Availability,
			By:        time.Duration(w.ExtendOptions.BySec) * time.Second,
			Remaining: w.ExtendOptions.Remaining, Used: w.ExtensionCount,
		},
	}
	if w.Bundle != nil {
		r.Bundle = *w.Bundle
	}
	for _, s := range w.Summary {
		r.Summary = append(r.Summary, Access{Resource: s.Resource, Permission: s.Permission})
	}
	for _, g := range w.AccessGroups {
		r.Groups = append(r.Groups, g.group())
	}
	w.Challenge.fill(&r)
	return r
}

func (w groupClient) group() Group {
	g := Group{ID: w.ID, Integration: w.Integration, Outcome: w.Status.Status, Note: clean(w.Status.Message, maxMessage)}
	for _, t := range w.ResourceTypes {
		g.ResourceTypes = append(g.ResourceTypes, ResourceType{ID: t.ID, Name: t.Name})
	}
	return g
}

func (c *challenge) fill(r *AccessRequest) {
	if c == nil {
		return
	}
	r.AllMustApprove = c.LogicalRelation == "AllOf"
	for _, a := range c.Approvers {
		r.Approvers = append(r.Approvers, Approver{
			Name: a.Name, Type: a.Type, Decision: Decision(a.Status), Tier: a.Tier, EscalatedAt: a.TierEscalatedAt.Time,
		})
	}
}
