/*
 * target: the server a command is sent to: is its url one, and why does nobody answer there?
 *
 * A failed connection has one code and many reasons. Who fails asks here for the reason: the way to
 * the server is gone once more, step by step, with nothing else to do than to say what is wrong.
 */
#ifndef USHER_CMD_TARGET_H
#define USHER_CMD_TARGET_H

/* Whether the url is http://HOST:PORT or https://HOST:PORT and tls_ca (NULL: none) a file of roots.
 * Nobody is asked. CMD_OK; CMD_USAGE after having said what is wrong. */
int target_check(const char *command, const char *url, const char *tls_ca);

/* Why there is no talking to the server, a sentence that begins with the url; fallback where that
 * cannot be found out any more. Blocks for some seconds at most. */
#define TARGET_WHY_MAX 1024
void target_reason(const char *url, const char *tls_ca, const char *fallback,
                   char ret_why[TARGET_WHY_MAX]);

/* Says why there is no talking to the server, as target_reason. Returns CMD_UNREACHED. */
int target_explain(const char *command, const char *url, const char *tls_ca, const char *fallback);

#endif
