import com.nimbusds.jose.jwk.JWK;
import java.util.List;
import java.util.concurrent.Callable;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.oauth2.client.OAuth2AuthorizationContext;
import org.springframework.security.oauth2.client.TokenExchangeOAuth2AuthorizedClientProvider;
import org.springframework.security.oauth2.client.endpoint.NimbusJwtClientAuthenticationParametersConverter;
import org.springframework.security.oauth2.client.endpoint.OAuth2ClientCredentialsGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientClientCredentialsTokenResponseClient;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoders;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.introspection.SpringOpaqueTokenIntrospector;

/**
 * A client and an API in Java, written as the documentation of Spring Security says. Prints one line a step, its name and
 * what it came to, with a tab between them.
 */
public class Main {
  static final String ISSUER = System.getenv("ISSUER");
  static final String IMAGES = System.getenv("IMAGES");
  static final String SECRET = System.getenv("SECRET");

  public static void main(String[] args) {
    step("ClientRegistrations.fromIssuerLocation", () -> ClientRegistrations.fromIssuerLocation(ISSUER));
    step("ClientRegistrations.fromOidcIssuerLocation", () -> ClientRegistrations.fromOidcIssuerLocation(ISSUER));
    OAuth2AccessToken own = step("client credentials", () -> clientCredentials(app("app"), null));
    step("private_key_jwt", () -> clientCredentials(keyed(), assertions()));
    step("private_key_jwt for the issuer", () -> {
      var converter = assertions();
      converter.setJwtClientAssertionCustomizer(context -> context.getClaims().audience(List.of(ISSUER)));
      return clientCredentials(keyed(), converter);
    });
    step("an API with JwtDecoders.fromOidcIssuerLocation", () -> decode(JwtDecoders.fromOidcIssuerLocation(ISSUER), own));
    step("an API with issuer-uri", () -> decode(JwtDecoders.fromIssuerLocation(ISSUER), own));
    step("an API for at+jwt", () -> decode(forAccessTokens(), own));
    step("introspection", () -> {
      String uri = ISSUER + "/oauth2/introspect";
      var introspector = SpringOpaqueTokenIntrospector.withIntrospectionUri(uri).clientId("app").clientSecret(SECRET).build();
      return introspector.introspect(own.getTokenValue());
    });
    OAuth2AccessToken exchanged = step("token exchange", () -> exchange());
    step("an API for at+jwt verifies the exchanged token", () -> decode(forAccessTokens(), exchanged));
  }

  static ClientRegistration.Builder registration(String clientId) {
    return ClientRegistrations.fromIssuerLocation(ISSUER)
        .registrationId(clientId)
        .clientId(clientId)
        .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS);
  }

  static ClientRegistration app(String clientId) {
    return registration(clientId).clientSecret(SECRET).build();
  }

  static ClientRegistration keyed() {
    return registration("app-key").clientAuthenticationMethod(ClientAuthenticationMethod.PRIVATE_KEY_JWT).build();
  }

  static NimbusJwtClientAuthenticationParametersConverter<OAuth2ClientCredentialsGrantRequest> assertions() {
    return new NimbusJwtClientAuthenticationParametersConverter<>(client -> clientKey());
  }

  static JWK clientKey() {
    try {
      return JWK.parse(System.getenv("CLIENT_KEY"));
    } catch (java.text.ParseException error) {
      throw new IllegalStateException(error);
    }
  }

  static OAuth2AccessToken clientCredentials(
      ClientRegistration client,
      NimbusJwtClientAuthenticationParametersConverter<OAuth2ClientCredentialsGrantRequest> assertions) {
    var endpoint = new RestClientClientCredentialsTokenResponseClient();
    if (assertions != null) endpoint.addParametersConverter(assertions);
    return endpoint.getTokenResponse(new OAuth2ClientCredentialsGrantRequest(client)).getAccessToken();
  }

  /** What the documentation of Spring Security gives for RFC 9068. */
  static JwtDecoder forAccessTokens() {
    NimbusJwtDecoder decoder = NimbusJwtDecoder.withIssuerLocation(ISSUER).validateType(false).build();
    decoder.setJwtValidator(
        JwtValidators.createAtJwtValidator().audience(IMAGES).clientId("app").issuer(ISSUER).build());
    return decoder;
  }

  static Jwt decode(JwtDecoder decoder, OAuth2AccessToken token) {
    Jwt jwt = decoder.decode(token.getTokenValue());
    if (!jwt.getAudience().contains(IMAGES)) throw new IllegalStateException("aud is " + jwt.getAudience());
    return jwt;
  }

  /** Spring's provider: it sends no resource and no audience. */
  static OAuth2AccessToken exchange() {
    OAuth2AccessToken subject = clientCredentials(app("alice"), null);
    var provider = new TokenExchangeOAuth2AuthorizedClientProvider();
    provider.setSubjectTokenResolver(context -> subject);
    ClientRegistration client =
        registration("app").clientSecret(SECRET).authorizationGrantType(AuthorizationGrantType.TOKEN_EXCHANGE).build();
    var principal = new TestingAuthenticationToken("alice", null);
    var context = OAuth2AuthorizationContext.withClientRegistration(client).principal(principal).build();
    return provider.authorize(context).getAccessToken();
  }

  static <T> T step(String name, Callable<T> run) {
    try {
      T value = run.call();
      System.out.println(name + "\tok");
      return value;
    } catch (Exception error) {
      System.out.println(name + "\terror: " + messages(error).replaceAll("\\s+", " "));
      return null;
    }
  }

  static String messages(Throwable error) {
    return error == null ? "" : error.getMessage() + "; " + messages(error.getCause());
  }
}
