#include "cmd/mailing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock/clock.h"
#include "err/err.h"
#include "paper/address.h"
#include "token/bounce.h"
#include "token/key.h"
#include "token/roles.h"

#define PEM_MAX 65536 /* bytes of a file */

int mailing_check(const struct mailing_values *values)
{
    if (values->smtp && !smtp_url_valid(view_str(values->smtp)))
        return cmd_fail("serve", CMD_USAGE,
                        "--smtp %s: write smtp://HOST:PORT or smtps://HOST:PORT", values->smtp);
    if (!values->smtp && (values->login || values->ca))
        return cmd_fail("serve", CMD_USAGE, "--%s goes with --smtp",
                        values->login ? "smtp-login" : "smtp-ca");
    if (values->bounces &&
        (!address_valid(view_str(values->bounces)) ||
         (size_t)(strchr(values->bounces, '@') - values->bounces) + 1 + BOUNCE_TAG_MAX >
             ADDRESS_LOCAL_MAX))
        return cmd_fail("serve", CMD_USAGE,
                        "--mail-bounces %s: write one address, with at most %d characters before "
                        "the @",
                        values->bounces, ADDRESS_LOCAL_MAX - 1 - BOUNCE_TAG_MAX);
    if (!address_valid(view_str(values->from)))
        return cmd_fail("serve", CMD_USAGE, "--mail-from %s: write one address, a@example.org",
                        values->from);
    const int wallet = !!values->wallet_cert + !!values->wallet_key + !!values->wallet_chain;
    if (wallet != 0 && wallet != 3)
        return cmd_fail("serve", CMD_USAGE,
                        "--wallet-cert, --wallet-key and --wallet-chain go together");
    if (!values->google_issuer != !values->google_key)
        return cmd_fail("serve", CMD_USAGE, "--google-issuer and --google-key go together");
    if (values->site[0] && strncmp(values->site, "https://", 8) != 0 &&
        strncmp(values->site, "http://", 7) != 0)
        return cmd_fail("serve", CMD_USAGE, "--site %s: write https://HOST", values->site);
    return CMD_OK;
}

/* "USER:PASSWORD" and a line end. */
static int read_login(const char *path, char *ret_login)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return cmd_fail("serve", CMD_FALSE, "--smtp-login %s: %s", path, strerrordesc_np(errno));
    const ssize_t len = read(fd, ret_login, MAILING_LOGIN_MAX - 1);
    const bool known = fstat(fd, &status) == 0;
    close(fd);
    if (!known || len < 0)
        return cmd_fail("serve", CMD_FALSE, "--smtp-login %s: it cannot be read", path);
    if (!key_file_is_private(&status))
        return cmd_fail("serve", CMD_FALSE,
                        "--smtp-login %s may be read by others than its owner: chmod 600 %s", path,
                        path);
    ret_login[len] = '\0';
    ret_login[strcspn(ret_login, "\r\n")] = '\0';
    if (!strchr(ret_login, ':') || len == MAILING_LOGIN_MAX - 1)
        return cmd_fail("serve", CMD_FALSE, "--smtp-login %s: it should hold USER:PASSWORD", path);
    return CMD_OK;
}

/* The text of a key's file, with a NUL; to be freed. NULL after having said what is wrong. */
static char *read_pem(const char *option, const char *path)
{
    char *text = calloc(1, PEM_MAX + 1);
    FILE *file = text ? fopen(path, "re") : NULL;
    const size_t len = file ? fread(text, 1, PEM_MAX, file) : 0;
    if (file)
        fclose(file);
    if (len > 0)
        return text;
    cmd_fail("serve", CMD_FALSE, "--%s %s: %s", option, path,
             file ? "it is empty" : strerrordesc_np(errno));
    free(text);
    return NULL;
}

static int open_wallet(struct mailing *mailing, const struct mailing_values *values)
{
    if (!values->wallet_cert)
        return CMD_OK;
    char *cert = read_pem("wallet-cert", values->wallet_cert);
    char *key = cert ? read_pem("wallet-key", values->wallet_key) : NULL;
    char *chain = key ? read_pem("wallet-chain", values->wallet_chain) : NULL;
    int code = CMD_FALSE;
    if (chain) {
        int err =
            wallet_signer_new(view_str(cert), view_str(key), view_str(chain), &mailing->wallet);
        code = err == 0 ? CMD_OK
                        : cmd_fail("serve", CMD_FALSE,
                                   "--wallet-cert %s: it, its key or its chain is no PEM, the key "
                                   "is another's, or its subject has no UID and OU",
                                   values->wallet_cert);
    }
    if (key)
        explicit_bzero(key, PEM_MAX);
    free(cert);
    free(key);
    free(chain);
    return code;
}

static int open_google(struct mailing *mailing, const struct mailing_values *values)
{
    if (!values->google_key)
        return CMD_OK;
    char *key = read_pem("google-key", values->google_key);
    if (!key)
        return CMD_FALSE;
    int err = google_signer_new(values->google_issuer, view_str(key), &mailing->google);
    explicit_bzero(key, PEM_MAX);
    free(key);
    return err == 0 ? CMD_OK
                    : cmd_fail("serve", CMD_FALSE,
                               "--google-key %s: it is no service account's key (JSON with "
                               "client_email and an RSA private_key), or --google-issuer is no "
                               "number",
                               values->google_key);
}

static int open_channel(struct mailing *mailing)
{
    int err = routes_init(&mailing->routes, &mailing->service, 1);
    if (err == 0)
        err =
            local_new(&mailing->routes, &(struct identity){.roles = ROLE_PEER}, &mailing->tickets);
    return err;
}

int mailing_start(struct mailing *mailing, const struct mailing_values *values,
                  const struct door_options *options)
{
    struct door_options all = *options;
    int code = values->login ? read_login(values->login, mailing->login) : CMD_OK;
    if (code == CMD_OK)
        code = open_wallet(mailing, values);
    if (code == CMD_OK)
        code = open_google(mailing, values);
    if (code != CMD_OK)
        return code;
    all.wallet = mailing->wallet;
    all.google = mailing->google;
    char *colon = strchr(mailing->login, ':');
    if (colon)
        *colon = '\0';
    all.mail = (struct door_mail){
        .url = values->smtp,
        .user = colon ? mailing->login : NULL,
        .secret = colon ? colon + 1 : NULL,
        .ca = values->ca,
        .from = values->from,
        .bounces = values->bounces,
        .name = values->name,
        .site = values->site,
        .link = options->mail.link,
        .remind_ms = values->remind_ms,
        .retry_ms = values->retry_ms,
    };
    int err = open_channel(mailing);
    all.tickets = mailing->tickets;
    if (err == 0)
        err = door_migrate(all.sql, false, clock_wall_ms(clock_system()));
    if (err == 0)
        err = door_start(&all, &mailing->door);
    return err == 0 ? CMD_OK : cmd_fail("serve", CMD_FALSE, "the door: %s", err_text(err));
}

void mailing_stop(struct mailing *mailing)
{
    door_stop(mailing->door);
    channel_free(mailing->tickets);
    routes_release(&mailing->routes);
    mailing->door = NULL;
    mailing->tickets = NULL;
    wallet_signer_free(mailing->wallet);
    mailing->wallet = NULL;
    google_signer_free(mailing->google);
    mailing->google = NULL;
    explicit_bzero(mailing->login, sizeof(mailing->login));
}
