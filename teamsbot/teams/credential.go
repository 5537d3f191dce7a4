package teams

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// How a bot signs in, as its Azure registration names it.
const (
	SingleTenant    = "SingleTenant"
	UserAssignedMSI = "UserAssignedMSI"
)

// CredentialConfig says how the bot proves who it is.
type CredentialConfig struct {
	AppID    string
	TenantID string
	Type     string // SingleTenant (default) or UserAssignedMSI

	// SingleTenant takes one of these. The file holds a certificate and its
	// unencrypted RSA key, PEM or PKCS#12.
	Password        string
	CertificateFile string

	LoginURL string // default https://login.microsoftonline.com/
	// DisableInstanceDiscovery is for a LoginURL that Entra does not know.
	DisableInstanceDiscovery bool
	HTTPClient               *http.Client
	// Once does not try a failed sign-in again, to tell of it at once.
	Once bool
}

// NewCredential makes the credential that Client signs in with. It does not
// sign in yet.
func NewCredential(c CredentialConfig) (azcore.TokenCredential, error) {
	if c.AppID == "" {
		return nil, errors.New("teams: sign-in needs an app id")
	}
	options := policy.ClientOptions{Cloud: cloud.Configuration{
		ActiveDirectoryAuthorityHost: cmp.Or(c.LoginURL, "https://login.microsoftonline.com/"),
	}}
	if c.HTTPClient != nil {
		options.Transport = c.HTTPClient
	}
	if c.Once {
		options.Retry.MaxRetries = -1
	}
	switch cmp.Or(c.Type, SingleTenant) {
	case UserAssignedMSI:
		return managedIdentity(c, options)
	case SingleTenant:
		return singleTenant(c, options)
	default:
		return nil, fmt.Errorf("teams: sign-in type %q is neither %s nor %s", c.Type, SingleTenant, UserAssignedMSI)
	}
}

func managedIdentity(c CredentialConfig, options policy.ClientOptions) (azcore.TokenCredential, error) {
	if c.Password != "" || c.CertificateFile != "" {
		return nil, errors.New("teams: a managed identity has no password or certificate")
	}
	credential, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
		ClientOptions: options, ID: azidentity.ClientID(c.AppID),
	})
	if err != nil {
		return nil, fmt.Errorf("teams: managed identity: %w", err)
	}
	return credential, nil
}

func singleTenant(c CredentialConfig, options policy.ClientOptions) (azcore.TokenCredential, error) {
	if c.TenantID == "" {
		return nil, errors.New("teams: a single-tenant bot needs its tenant id")
	}
	if (c.Password == "") == (c.CertificateFile == "") {
		return nil, errors.New("teams: a single-tenant bot needs either a password or a certificate")
	}
	if c.Password != "" {
		credential, err := azidentity.NewClientSecretCredential(c.TenantID, c.AppID, c.Password,
			&azidentity.ClientSecretCredentialOptions{
				ClientOptions: options, DisableInstanceDiscovery: c.DisableInstanceDiscovery,
			})
		if err != nil {
			return nil, fmt.Errorf("teams: sign-in with a password: %w", err)
		}
		return credential, nil
	}
	return certificate(c, options)
}

func certificate(c CredentialConfig, options policy.ClientOptions) (azcore.TokenCredential, error) {
	content, err := os.ReadFile(c.CertificateFile)
	if err != nil {
		return nil, fmt.Errorf("teams: certificate: %w", err)
	}
	chain, key, err := azidentity.ParseCertificates(content, nil)
	if err != nil {
		return nil, fmt.Errorf("teams: certificate %s: %w", c.CertificateFile, err)
	}
	credential, err := azidentity.NewClientCertificateCredential(c.TenantID, c.AppID, chain, key,
		&azidentity.ClientCertificateCredentialOptions{
			ClientOptions: options, DisableInstanceDiscovery: c.DisableInstanceDiscovery,
		})
	if err != nil {
		return nil, fmt.Errorf("teams: certificate %s: %w", c.CertificateFile, err)
	}
	return credential, nil
}
