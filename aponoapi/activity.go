package aponoapi

import (
	"context"
	"encoding/json"
	"strconv"
	"time"
)

// Activity is one line of Apono's activity report: the only place in the
// public API that tells who decided, with what reason, and when access began.
type Activity struct {
	RequestID       string // the friendly one
	RequestedAt     time.Time
	GrantedAt       time.Time
	RevokedAt       time.Time
	Requester       Party // no ID
	Grantee         Party // no Email
	GranteeType     string
	Integration     string // a name
	ResourceType    string
	Resources       []string // names
	Permissions     []string
	Approvers       []string // names
	ApproverEmails  []string
	ApproverTypes   []string
	ApproverReason  string
	Justification   string
	Status          Status
	ResourcesStatus string
	TriggerType     string
	AccessFlow      string
	Bundle          string // a name
	Extensions      int
}

// ActivityFilter narrows Activity; the zero filter takes what Apono gives.
type ActivityFilter struct {
	RequestIDs     []string
	RequestorIDs   []string
	IntegrationIDs []string
	AccessFlowIDs  []string
	ResourceTypes  []string
	Resources      []string
	Permissions    []string
	Statuses       []string // as Apono spells them
	TriggerTypes   []string
	From, To       time.Time // sent as epoch seconds
	// Fields limits what is told (Apono's ReportField); none means all.
	Fields []string
}

// activityFields is Apono's ReportField: all that can be asked for. The
// published response model lists fewer.
var activityFields = []string{
	"request_id", "request_date", "request_grant_date", "request_revoke_date", "requestor_name", "requestor_email",
	"grantee_name", "grantee_id", "grantee_type", "integration", "resources", "resource_type", "permissions",
	"approver_names", "approver_emails", "approver_types", "justification", "status", "approver_reason",
	"resources_status", "trigger_type", "access_flow", "bundle_name", "extension_count",
}

// Activity reads the activity report with an admin's token
// (GET /api/v3/activity). Like every list of v3 it may be cut.
func (c *Client) Activity(ctx context.Context, f ActivityFilter) (List[Activity], error) {
	fields := f.Fields
	if len(fields) == 0 {
		fields = activityFields
	}
	query := arguments{}.texts("filter[access_request_id]", f.RequestIDs).texts("filter[requestor_id]", f.RequestorIDs).
		texts("filter[integration_id]", f.IntegrationIDs).texts("filter[access_flow_id]", f.AccessFlowIDs).
		texts("filter[resource_type]", f.ResourceTypes).texts("filter[resource]", f.Resources).
		texts("filter[permission]", f.Permissions).texts("filter[status]", f.Statuses).
		texts("filter[trigger_type]", f.TriggerTypes).texts("fields", fields)
	for name, at := range map[string]time.Time{"start_date": f.From, "end_date": f.To} {
		if !at.IsZero() {
			query.text(name, strconv.FormatInt(at.Unix(), 10))
		}
	}
	found, err := getList[activityWire](ctx, c, "read activity", query.values(), "api", "v3", "activity")
	list := List[Activity]{Total: found.Total, Items: make([]Activity, len(found.Items))}
	for i, w := range found.Items {
		list.Items[i] = w.activity()
	}
	return list, err
}

type activityWire struct {
	RequestID       string  `json:"request_id"`
	RequestDate     instant `json:"request_date"`
	GrantDate       instant `json:"request_grant_date"`
	RevokeDate      instant `json:"request_revoke_date"`
	RequestorName   string  `json:"requestor_name"`
	RequestorEmail  string  `json:"requestor_email"`
	GranteeName     string  `json:"grantee_name"`
	GranteeID       string  `json:"grantee_id"`
	GranteeType     string  `json:"grantee_type"`
	Integration     words   `json:"integration"`
	ResourceType    words   `json:"resource_type"`
	Resources       words   `json:"resources"`
	Permissions     words   `json:"permissions"`
	ApproverNames   words   `json:"approver_names"`
	ApproverEmails  words   `json:"approver_emails"`
	ApproverTypes   words   `json:"approver_types"`
	ApproverReason  words   `json:"approver_reason"`
	Justification   string  `json:"justification"`
	Status          string  `json:"status"`
	ResourcesStatus words   `json:"resources_status"`
	TriggerType     string  `json:"trigger_type"`
	AccessFlow      words   `json:"access_flow"`
	BundleName      string  `json:"bundle_name"`
	ExtensionCount  words   `json:"extension_count"`
}

func (w activityWire) activity() Activity {
	a := Activity{
		RequestID: w.RequestID, RequestedAt: w.RequestDate.Time, GrantedAt: w.GrantDate.Time, RevokedAt: w.RevokeDate.Time,
		Requester:   Party{Email: w.RequestorEmail, Name: w.RequestorName},
		Grantee:     Party{ID: w.GranteeID, Name: w.GranteeName},
		GranteeType: w.GranteeType, Integration: w.Integration.first(), ResourceType: w.ResourceType.first(),
		Resources: w.Resources, Permissions: w.Permissions, Approvers: w.ApproverNames,
		ApproverEmails: w.ApproverEmails, ApproverTypes: w.ApproverTypes, ApproverReason: w.ApproverReason.first(),
		Justification: w.Justification, Status: ParseStatus(w.Status), ResourcesStatus: w.ResourcesStatus.first(),
		TriggerType: w.TriggerType, AccessFlow: w.AccessFlow.first(), Bundle: w.BundleName,
	}
	if n, err := strconv.Atoi(w.ExtensionCount.first()); err == nil {
		a.Extensions = n
	}
	return a
}

// words is a text, a number or a list of them: the report's published model
// leaves out half of its fields, so their shapes are not known.
type words []string

// UnmarshalJSON never fails: an odd column does not cost the line.
func (w *words) UnmarshalJSON(raw []byte) error {
	*w = nil
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	for _, value := range list {
		if text := plain(value); text != "" && text != "null" {
			*w = append(*w, text)
		}
	}
	return nil
}

func (w words) first() string {
	if len(w) == 0 {
		return ""
	}
	return w[0]
}
