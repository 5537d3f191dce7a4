package manifest

import "strings"

// app is a manifest as Microsoft's schema names its parts, in the order in which
// they are written. It has the fields that the bot needs.
type app struct {
	Schema                  string             `json:"$schema"`
	ManifestVersion         string             `json:"manifestVersion"`
	Version                 string             `json:"version"`
	ID                      string             `json:"id"`
	LocalizationInfo        localization       `json:"localizationInfo"`
	Developer               developer          `json:"developer"`
	Name                    wording            `json:"name"`
	Description             wording            `json:"description"`
	Icons                   iconFiles          `json:"icons"`
	AccentColor             string             `json:"accentColor"`
	Bots                    []bot              `json:"bots"`
	ComposeExtensions       []composeExtension `json:"composeExtensions"`
	StaticTabs              []staticTab        `json:"staticTabs"`
	Permissions             []string           `json:"permissions"`
	ValidDomains            []string           `json:"validDomains"`
	DefaultInstallScope     string             `json:"defaultInstallScope"`
	DefaultGroupCapability  map[string]string  `json:"defaultGroupCapability"`
	SupportsChannelFeatures string             `json:"supportsChannelFeatures,omitempty"`
	SupportedChannelTypes   []string           `json:"supportedChannelTypes,omitempty"`
}

type localization struct {
	DefaultLanguageTag  string           `json:"defaultLanguageTag"`
	AdditionalLanguages []languageInFile `json:"additionalLanguages"`
}

type languageInFile struct {
	LanguageTag string `json:"languageTag"`
	File        string `json:"file"`
}

type developer struct {
	Name          string `json:"name"`
	WebsiteURL    string `json:"websiteUrl"`
	PrivacyURL    string `json:"privacyUrl"`
	TermsOfUseURL string `json:"termsOfUseUrl"`
}

type wording struct {
	Short string `json:"short"`
	Full  string `json:"full"`
}

type iconFiles struct {
	Color   string `json:"color"`
	Outline string `json:"outline"`
}

type bot struct {
	BotID              string        `json:"botId"`
	Scopes             []string      `json:"scopes"`
	SupportsFiles      bool          `json:"supportsFiles"`
	IsNotificationOnly bool          `json:"isNotificationOnly"`
	CommandLists       []commandList `json:"commandLists"`
}

// commandList is what Teams offers to write to the bot in some kinds of places.
type commandList struct {
	Scopes   []string  `json:"scopes"`
	Commands []command `json:"commands"`
}

type command struct {
	Title       string `json:"title"` // what is written
	Description string `json:"description"`
}

type composeExtension struct {
	BotID    string   `json:"botId"`
	Commands []action `json:"commands"`
}

// action is a command of the message extension that opens a dialog.
type action struct {
	ID          string   `json:"id"`
	Type        string   `json:"type"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Context     []string `json:"context"`
	FetchTask   bool     `json:"fetchTask"`
	Triggers    []string `json:"triggers,omitempty"`
}

type staticTab struct {
	EntityID string   `json:"entityId"`
	Scopes   []string `json:"scopes"`
}

// limits are those that differ between the versions of the schema.
type limits struct {
	commands, title, description int  // of a command list
	domains                      int  // valid ones
	slash                        bool // the message extension may stand in the list of "/"
	channelFeatures              bool // private and shared channels are named by a tier
}

// limitsOf are the limits by the manifest's version.
var limitsOf = map[string]limits{
	"1.29": {commands: 12, title: 128, description: 4000, domains: 100, slash: true, channelFeatures: true},
	"1.19": {commands: 10, title: 32, description: 128, domains: 16},
}

// speak says the same in the words of the manifest's version.
func (a *app) speak(l limits) {
	a.Schema = strings.Replace(a.Schema, "/v1.29/", "/v"+a.ManifestVersion+"/", 1)
	if !l.slash {
		for i := range a.ComposeExtensions[0].Commands {
			a.ComposeExtensions[0].Commands[i].Triggers = nil
		}
	}
	if !l.channelFeatures {
		a.SupportsChannelFeatures, a.SupportedChannelTypes = "", []string{"privateChannels", "sharedChannels"}
	}
}
