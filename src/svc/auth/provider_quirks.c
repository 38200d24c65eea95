/*
 * Services that do things their own way, and how. Kakao: developers.kakao.com, "OpenID Connect".
 * Apple: developer.apple.com, "Sign in with Apple REST API". Naver: developers.naver.com,
 * "네이버 로그인 API 명세": it has no discovery document.
 */
#include "svc/auth/provider.h"

static const struct provider_quirks quirks[] = {
    {.name = "kakao",
     .scope = "openid account_email profile_nickname",
     .name_claim = "nickname",
     .secret_in_body = true},
    {.name = "apple",
     .scope = "openid email name",
     .name_claim = "name",
     .form_post = true,
     .secret_in_body = true,
     .signs_secret = true},
    {.name = "naver",
     .scope = "",
     .name_claim = "name",
     .secret_in_body = true,
     .plain_oauth = true,
     .authorize_path = "/oauth2.0/authorize",
     .token_path = "/oauth2.0/token",
     .profile_path = "/v1/nid/me",
     .real_issuer = "https://nid.naver.com",
     .real_profile = "https://openapi.naver.com/v1/nid/me"},
};
static const struct provider_quirks standard = {
    .name = "", .scope = "openid email profile", .name_claim = "name"};

const struct provider_quirks *provider_quirks_of(const char *name)
{
    for (size_t i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++) {
        if (strcmp(quirks[i].name, name) == 0)
            return &quirks[i];
    }
    return &standard;
}

bool auth_provider_signs(const char *name)
{
    return provider_quirks_of(name)->signs_secret;
}
