package aponotest

import (
	"slices"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// requestClient is AccessRequestClientModel. Absent times are left out, the
// justification never is: Apono's own command line needs both.
type requestClient struct {
	ID               string            `json:"id"`
	Requestor        userClient        `json:"requestor"`
	Grantee          granteeWire       `json:"grantee"`
	CreationTime     float64           `json:"creation_time"`
	RevocationTime   float64           `json:"revocation_time,omitempty"`
	Status           statusClient      `json:"status"`
	Justification    string            `json:"justification"`
	AccessGroups     []groupClient     `json:"access_groups"`
	Bundle           *bundleClient     `json:"bundle,omitempty"`
	Challenge        *challengeClient  `json:"challenge,omitempty"`
	DurationInSec    int32             `json:"duration_in_sec,omitempty"`
	CustomFields     map[string]string `json:"custom_fields"`
	ReasonRequired   bool              `json:"require_approver_reason"`
	Favorite         bool              `json:"favorite"`
	UnitsSummary     []summaryClient   `json:"access_units_summary"`
	ResourceNames    []string          `json:"distinct_resource_names"`
	ExtensionCount   int               `json:"extension_count"`
	ExtensionOptions extendClient      `json:"extend_options"`
}

type userClient struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

type statusClient struct {
	Status      string            `json:"status"`
	Description string            `json:"description,omitempty"`
	Metadata    map[string]string `json:"metadata"`
}

type groupClient struct {
	ID                string              `json:"id"`
	Integration       integrationClient   `json:"integration"`
	ResourceTypes     []resourceTypeModel `json:"resource_types"`
	HasNewCredentials bool                `json:"has_new_credentials"`
	Status            struct {
		Status  string `json:"status"`
		Message string `json:"message,omitempty"`
	} `json:"status"`
	TotalResources   int `json:"total_resources"`
	TotalPermissions int `json:"total_permissions"`
}

type icons struct {
	PNG string `json:"png"`
	SVG string `json:"svg"`
}

type integrationClient struct {
	ID              string `json:"id"`
	Type            string `json:"type"`
	TypeDisplayName string `json:"type_display_name"`
	Name            string `json:"name"`
	Icons           icons  `json:"icons"`
}

type resourceTypeModel struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	DisplayPath   string `json:"display_path"`
	AllowMultiple bool   `json:"allow_multiple_permissions"`
	Icons         icons  `json:"icons"`
}

type bundleClient struct {
	ID     string            `json:"id"`
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
}

type challengeClient struct {
	LogicalRelation string           `json:"logical_relation"`
	Approvers       []approverClient `json:"approvers"`
}

type approverClient struct {
	Name            string            `json:"name"`
	Type            string            `json:"type"`
	Status          string            `json:"status"`
	Metadata        map[string]string `json:"metadata"`
	Tier            int               `json:"tier"`
	TierEscalatedAt float64           `json:"tier_escalated_at"`
}

type summaryClient struct {
	ResourceName   string `json:"resource_name"`
	PermissionName string `json:"permission_name"`
}

type extendClient struct {
	CanExtend    bool   `json:"can_extend"`
	Availability string `json:"extension_availability"`
	BySec        int64  `json:"extend_duration_in_sec"`
	Remaining    int    `json:"remaining_extensions"`
}

// epoch is a time as the client API writes it: seconds with a fraction.
func epoch(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMicro()) / 1e6
}

func (s *Server) client(r *record, summaryLimit int) requestClient {
	f := s.world.flow(r.Flow)
	w := requestClient{
		ID: r.V4ID, Requestor: s.userClient(r.Requester), Grantee: s.granteeClient(r.Grantee),
		CreationTime: epoch(r.Created), RevocationTime: epoch(r.ended()),
		Status:        statusClient{Status: statusV4(r), Description: r.Reason, Metadata: map[string]string{}},
		Justification: r.Justification, AccessGroups: []groupClient{}, Challenge: s.challenge(r),
		DurationInSec: int32(r.Duration / time.Second), CustomFields: r.fields(), ReasonRequired: f.ReasonRequired,
		UnitsSummary: []summaryClient{}, ResourceNames: []string{}, ExtensionCount: r.Extensions,
		ExtensionOptions: extension(r, f),
	}
	if b := s.world.bundle(r.Bundle); b != nil {
		w.Bundle = &bundleClient{ID: b.ID, Name: b.Name, Labels: map[string]string{}}
	}
	for _, in := range s.integrationsOf(r) {
		w.AccessGroups = append(w.AccessGroups, groupOf(r, in))
	}
	w.ResourceNames = distinct(r.Units, func(u unit) string { return s.index.resources[u.Resource].res.Name })
	for _, u := range r.Units[:min(summaryLimit, len(r.Units))] {
		w.UnitsSummary = append(w.UnitsSummary, summaryClient{s.index.resources[u.Resource].res.Name, u.Permission})
	}
	return w
}

func extension(r *record, f *Flow) extendClient {
	left := max(0, f.MaxExtensions-r.Extensions)
	w := extendClient{
		CanExtend: left > 0 && r.Duration > 0 && r.Status == aponoapi.Granted, Availability: "NOT_AVAILABLE",
		BySec: int64(f.ExtendBy.Seconds()), Remaining: left,
	}
	if w.CanExtend {
		w.Availability = "AVAILABLE"
	}
	return w
}

func (s *Server) challenge(r *record) *challengeClient {
	if len(r.Votes) == 0 {
		return nil
	}
	w := &challengeClient{LogicalRelation: "AnyOf"}
	if s.world.flow(r.Flow).AllOf {
		w.LogicalRelation = "AllOf"
	}
	for _, v := range r.Votes {
		name := v.Approver
		if p := s.world.person(v.Approver); p != nil {
			name = p.name()
		}
		w.Approvers = append(w.Approvers, approverClient{
			Name: name, Type: "user", Status: v.Decision, Metadata: map[string]string{}, Tier: v.Tier, TierEscalatedAt: epoch(v.Asked),
		})
	}
	return w
}

func groupOf(r *record, in *Integration) groupClient {
	w := groupClient{ID: r.V4ID + "-" + in.ID, Integration: wireIntegration(in), ResourceTypes: []resourceTypeModel{}}
	w.Status.Status = "Success"
	switch {
	case r.Status == aponoapi.Failed:
		w.Status.Status, w.Status.Message = "Failure", r.Reason
	case slices.ContainsFunc(r.FailedUnits, func(u unit) bool { return u.Integration == in.ID && r.failed(u) }):
		w.Status.Status, w.Status.Message = "Warning", "A part of the access could not be given"
	}
	for _, t := range r.typesIn(in) {
		w.ResourceTypes = append(w.ResourceTypes, wireType(in, t))
	}
	w.TotalResources, w.TotalPermissions = len(r.resources()), len(r.permissions())
	return w
}

func wireIntegration(in *Integration) integrationClient {
	return integrationClient{ID: in.ID, Type: in.Type, TypeDisplayName: in.Type, Name: in.Name}
}

func wireType(in *Integration, t *ResourceType) resourceTypeModel {
	return resourceTypeModel{ID: t.ID, Name: t.Name, DisplayPath: in.Name + "/" + t.Name, AllowMultiple: t.AllowMultiple}
}

func (s *Server) userClient(id string) userClient {
	w := userClient{ID: id, Email: s.email(id), Name: s.email(id)}
	if p := s.world.person(id); p != nil {
		w.Name = p.name()
	}
	return w
}

func (s *Server) granteeClient(id string) granteeWire {
	if p := s.world.person(id); p != nil {
		return wireGrantee(p)
	}
	return granteeWire{ID: id, Type: "user"}
}

// unitWire is AccessUnitClientModel.
type unitWire struct {
	ID       string `json:"id"`
	Resource struct {
		ID          string            `json:"id"`
		SourceID    string            `json:"source_id"`
		Name        string            `json:"name"`
		Path        string            `json:"path"`
		Type        resourceTypeModel `json:"type"`
		Integration integrationClient `json:"integration"`
	} `json:"resource"`
	Permission namedWire `json:"permission"`
}

func unitID(resource, permission string) string { return resource + ":" + permission }

func (s *Server) wireUnit(u unit) unitWire {
	at := s.index.resources[u.Resource]
	w := unitWire{Permission: namedWire{s.index.permissionID(at.kind, u.Permission), u.Permission}}
	w.ID = unitID(at.res.ID, w.Permission.ID)
	w.Resource.ID, w.Resource.SourceID, w.Resource.Name = at.res.ID, sourceID(at.in, at.res), at.res.Name
	w.Resource.Path = at.in.Name + "/" + at.res.Name
	w.Resource.Type, w.Resource.Integration = wireType(at.in, at.kind), wireIntegration(at.in)
	return w
}

type sessionClient struct {
	User    userClient `json:"user"`
	Account struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Plan string `json:"plan"`
	} `json:"account"`
	Settings settingsClient `json:"settings"`
}

type settingsClient struct {
	DurationRequired bool          `json:"require_duration_for_access_request"`
	MFA              bool          `json:"mfa_enabled_for_account"`
	CustomFields     []fieldClient `json:"request_custom_fields"`
	NoApproverReason bool          `json:"disable_approver_reason"`
	AIFeatures       bool          `json:"enable_ai_features"`
}

type fieldClient struct {
	ID          string         `json:"id"`
	Type        string         `json:"type"`
	Label       string         `json:"label"`
	Placeholder string         `json:"placeholder"`
	Values      []optionClient `json:"values"`
	Required    bool           `json:"required"`
}

type optionClient struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
