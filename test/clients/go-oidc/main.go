// A client and an API in Go, written as their libraries' documentation says: go-oidc and golang.org/x/oauth2. Prints one
// JSON object: what each step came to.
package main

import (
	"context"
	"encoding/json"
	"net/url"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2/clientcredentials"
)

const accessToken = "urn:ietf:params:oauth:token-type:access_token"

func main() {
	results := map[string]string{}
	step := func(name string, run func() (string, error)) string {
		value, err := run()
		if err != nil {
			results[name] = "error: " + err.Error()
			return ""
		}
		results[name] = "ok"
		return value
	}
	ctx := context.Background()
	images := os.Getenv("IMAGES")

	var provider *oidc.Provider
	step("discovery", func() (string, error) {
		found, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
		provider = found
		return "", err
	})
	config := func(clientID string, parameters url.Values) clientcredentials.Config {
		return clientcredentials.Config{
			ClientID:       clientID,
			ClientSecret:   os.Getenv("SECRET"),
			TokenURL:       provider.Endpoint().TokenURL,
			EndpointParams: parameters,
		}
	}
	token := func(clientID string, parameters url.Values) (string, error) {
		clientConfig := config(clientID, parameters)
		token, err := clientConfig.Token(ctx)
		if err != nil {
			return "", err
		}
		return token.AccessToken, nil
	}
	verify := func(raw string) (string, error) {
		verified, err := provider.Verifier(&oidc.Config{ClientID: images}).Verify(ctx, raw)
		if err != nil {
			return "", err
		}
		return verified.Subject, nil
	}

	if provider != nil {
		own := step("client credentials", func() (string, error) { return token("app", nil) })
		step("an API verifies the token", func() (string, error) { return verify(own) })
		exchanged := step("token exchange", func() (string, error) {
			subject, err := token("alice", nil)
			if err != nil {
				return "", err
			}
			return token("app", url.Values{
				"grant_type":         {"urn:ietf:params:oauth:grant-type:token-exchange"},
				"subject_token":      {subject},
				"subject_token_type": {accessToken},
				"resource":           {images + "/photos"},
			})
		})
		step("an API verifies the exchanged token", func() (string, error) { return verify(exchanged) })
	}
	json.NewEncoder(os.Stdout).Encode(results)
}
