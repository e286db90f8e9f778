package mandate.exchange_test

import data.mandate.exchange
import rego.v1

# Run: opa test policies/opa

policy := {"resources": [
	{
		"id": "images",
		"patterns": ["http://images.example.com:*/*"],
		"audience": "https://images.example.com",
		"scopes": ["read", "write"],
		"expirationSeconds": 120,
		"allowedActors": ["bob"],
		"additionalClaims": null,
	},
	{"id": "archive", "patterns": ["http://images.example.com:*/archive"], "subjects": {"subs": ["root"]}, "deny": true},
	{
		"patterns": ["https://staff.example.com/*"],
		"audience": "staff",
		"clients": ["gateway"],
		"subjects": [{"issuer": "https://users.example.com", "claims": {"role": ["member", "admin"]}}],
	},
	{
		"patterns": ["https://cases.example.com/*"],
		"audience": "cases",
		"actors": {"issuer": "https://staff.example.com", "claims": {"role": "help-desk"}, "sameClaim": ["tenant"]},
	},
	{
		"patterns": ["https://both.example.com/*"],
		"audience": "both",
		"allowedActors": ["bob"],
		"actors": [{"claims": {"role": "help-desk"}}, {"subs": ["gateway"]}],
	},
]}

question(members) := object.union(
	{
		"resources": [], "audiences": [], "scopes": [], "chain": [], "actor": null,
		"client": {"id": "gateway", "iss": "https://as.example.com", "own": true, "scopes": [], "attributes": {}},
		"subject": {"iss": "https://users.example.com", "sub": "alice", "claims": {"role": ["guest", "member"]}},
		"requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
	},
	members,
)

answer(members) := result if {
	result := exchange.match with data.mandate.policy as policy with input as question(members)
}

images := {
	"audience": "https://images.example.com", "scopes": ["read", "write"],
	"expirationSeconds": 120, "allowedActors": ["bob"],
}

test_grants_what_the_rule_says if answer({"resources": ["http://images.example.com:8080/a"]}) == [images]

test_the_text_of_a_pattern_matches if answer({"resources": ["http://images.example.com:*/*"]}) == [images]

test_an_audience_matches if answer({"audiences": ["https://images.example.com"]}) == [images]

test_nothing_asked_does_not_apply if answer({}) == []

test_a_part_of_the_targets_is_not_granted if {
	answer({"resources": ["http://images.example.com:80/", "https://other.example.com/"]}) == []
}

test_another_host_is_not_matched if answer({"resources": ["http://images.example.com.evil:80/"]}) == []

test_dot_segments_are_not_matched if answer({"resources": ["http://images.example.com:80/%2E%2e/x"]}) == []

test_encoded_dot_segments_are_not_matched if answer({"resources": ["http://images.example.com:80/a%2F..%2fx"]}) == []

test_dot_segments_with_parameters_are_not_matched if answer({"resources": ["http://images.example.com:80/..;a=b/x"]}) == []

test_a_deny_wins if {
	found := answer({
		"resources": ["http://images.example.com:80/archive"],
		"subject": {"iss": "https://users.example.com", "sub": "root", "claims": {}},
	})
	found == {"allow": false, "reason": "denied by archive"}
}

test_a_denied_audience_is_denied_by_any_target if {
	outer := {"patterns": ["urn:*"], "audience": "x", "embed": [{"claim": "inside", "audience": "y", "scopes": []}]}
	every audience in ["x", "y"] {
		denying := {"resources": [outer, {"id": "no", "audience": audience, "deny": true}]}
		found := exchange.match with data.mandate.policy as denying with input as question({"resources": ["urn:x"]})
		found == {"allow": false, "reason": "denied by no"}
	}
}

test_conditions_hold if {
	answer({"resources": ["https://staff.example.com/a"]}) == [{"audience": "staff", "scopes": []}]
}

test_another_client_is_not_concerned if {
	client := {"id": "other", "iss": "https://as.example.com", "own": true, "scopes": [], "attributes": {}}
	answer({"resources": ["https://staff.example.com/a"], "client": client}) == []
}

test_a_client_of_another_issuer_with_the_id_of_ours_is_not_concerned if {
	client := {"id": "gateway", "iss": "https://other.example.com", "own": false, "scopes": [], "attributes": {}}
	answer({"resources": ["https://staff.example.com/a"], "client": client}) == []
}

test_another_issuer_is_not_concerned if {
	subject := {"iss": "https://evil.example.com", "sub": "alice", "claims": {"role": "member"}}
	answer({"resources": ["https://staff.example.com/a"], "subject": subject}) == []
}

test_a_pattern_that_ends_inside_the_host_matches_nothing if {
	open := {"resources": [{"patterns": ["http://host*"], "audience": "x"}]}
	[] == exchange.match with data.mandate.policy as open with input as question({"resources": ["http://host.evil/"]})
}

test_what_opa_cannot_say_is_refused if {
	more := {"resources": [{"id": "more", "patterns": ["urn:x"], "audience": "x", "impersonation": false}]}
	found := exchange.match with data.mandate.policy as more with input as question({"resources": ["urn:x"]})
	found == {"allow": false, "reason": "rules say what OPA cannot: more"}
}

test_without_a_policy_nothing_applies if {
	exchange.match == [] with input as question({"resources": ["urn:x"]}) with data.mandate.policy as {}
}

actors_at(target, members) := [grant.allowedActors | some grant in answer(object.union({"resources": [target]}, members))]

agent(members) := {
	"subject": {"iss": "https://users.example.com", "sub": "alice", "claims": {"tenant": "blue"}},
	"actor": {
		"iss": "https://staff.example.com", "sub": "dora",
		"claims": object.union({"role": "help-desk", "tenant": "blue"}, members),
	},
}

dora := {"iss": "https://staff.example.com", "sub": "dora"}

test_a_name_may_be_a_beginning if {
	exchange.names("test*", "test1")
	exchange.names("test", "test")
	not exchange.names("test*", "contest")
	not exchange.names("*", "test")
	not exchange.names("t*st", "test")
}

test_an_actor_that_is_described if actors_at("https://cases.example.com/1", agent({})) == [[dora]]

test_an_actor_of_another_tenant if actors_at("https://cases.example.com/1", agent({"tenant": "green"})) == [[]]

test_an_actor_of_another_role if actors_at("https://cases.example.com/1", agent({"role": "sales"})) == [[]]

test_no_tenant_is_not_the_same if {
	nobody := object.union(agent({"tenant": ""}), {"subject": {"iss": "x", "sub": "alice", "claims": {"tenant": ""}}})
	actors_at("https://cases.example.com/1", nobody) == [[]]
}

test_the_client_has_no_claims if actors_at("https://cases.example.com/1", {}) == [[]]

test_both_ways_count if actors_at("https://both.example.com/1", agent({})) == [["bob"], ["dora"]]

test_the_client_may_be_described if actors_at("https://both.example.com/1", {}) == [["bob"], ["gateway"]]
