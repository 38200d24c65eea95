/* GET /.well-known/jwks.json: the keys that check access tokens (RFC 7517, 5). */
#include "err/err.h"
#include "svc/auth/auth.h"

#define JWKS_PATH "/.well-known/jwks.json"
#define JWKS_MAX  4096 /* bytes */

bool auth_page(struct auth *auth, const struct page_request *ask, struct page *ret_page)
{
    struct buf out;
    if (!view_eq(ask->path, VIEW_LIT(JWKS_PATH)))
        return false;
    static_assert(KEYSET_CACHE_S == 300, "as the header below says");
    buf_init(&out, JWKS_MAX);
    int err = keyset_publish(auth->keyset, clock_wall_ms(auth->clock) / 1000, &out);
    const char *text = err ? NULL : arena_copy(ask->arena, buf_view(&out));
    *ret_page = text ? (struct page){.status = 200,
                                     .type = "application/jwk-set+json",
                                     .cache = "public, max-age=300",
                                     .headers = "Access-Control-Allow-Origin: *\r\n",
                                     .body = view_of(text, out.len)}
                     : (struct page){.status = 503};
    buf_release(&out);
    return true;
}
