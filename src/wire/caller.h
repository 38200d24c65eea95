/*
 * caller: where a request comes from: its address, and the session of a browser.
 *
 * A handler sees both as metadata: CALLER_ADDRESS, which nobody outside can set, and
 * CALLER_SESSION, the value of the session cookie. A browser sends its cookies along whoever made
 * it ask, so the cookie is only looked at where the page that asks is of this very origin: by
 * Sec-Fetch-Site, or by Origin where a browser does not send that. A handler sets the cookie by
 * answering CALLER_SESSION, "TOKEN SECONDS" or "" to drop it.
 *
 * Under TLS the cookie's name is __Host-usher-session (RFC 6265bis, 4.1.3.2); without TLS browsers
 * refuse that name, and it is usher-session, for a machine of one's own. Inside src/wire only.
 */
#ifndef USHER_WIRE_CALLER_H
#define USHER_WIRE_CALLER_H

#include "http/head.h"
#include "wire/conn.h"
#include "wire/exchange.h"

#define CALLER_ADDRESS VIEW_LIT("usher-address")
#define CALLER_SESSION VIEW_LIT("usher-session")

#define CALLER_ADDRESS_MAX CONN_HOST_MAX

/* Where the caller is: the other end of the connection, or, where that is a trusted proxy, whom it
 * says (proxy.h); with options.behind_proxy the last that X-Forwarded-For names; into text. Empty
 * where it has none (a Unix socket). */
struct view caller_address(struct conn *conn, const struct head *head,
                           char text[CALLER_ADDRESS_MAX]);
/* Whether the browser's end is encrypted: here, or at the proxy. */
bool caller_secure(const struct conn *conn, const struct head *head);
/* What a caller lacks who calls as a peer, where those need a certificate (options.peer_ca_path),
 * as a sentence; NULL: nothing, or it does not call as one. Logs what it refuses. */
const char *caller_flaw(struct exchange *exchange, const struct head *head);
/* The session cookie, where the request is of this origin; otherwise the empty view. */
struct view caller_cookie(const struct head *head, bool secure);
/* The value of Set-Cookie for what a handler answered, in the arena; empty: none. */
struct view caller_set_cookie(struct exchange *exchange);

#endif
