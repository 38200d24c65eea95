/*
 * key: 32 secret bytes, one file each, and what is made of them.
 *
 * DIR/secret.key is the server's master key: everything the server signs is signed with a key
 * derived from it for that one purpose, so that nothing signed for one end can be shown for
 * another. DIR/operator.key is what an organiser shows: its text is the bearer token itself. A key
 * file has mode 0600 and holds 43 characters of base64url and a line end. It appears whole or not
 * at all: it is written beside its place, flushed to disk, and then linked there; of two servers
 * that make it at once one wins and both read the same.
 */
#ifndef USHER_TOKEN_KEY_H
#define USHER_TOKEN_KEY_H

#include "chance/chance.h"
#include "mem/view.h"

#define KEY_BYTES      32
#define KEY_TEXT_CHARS 43

/* What a derived key is for. Numbers are for ever. */
enum key_purpose {
    KEY_FOR_GUEST_TOKEN = 1,
    KEY_FOR_TICKET_CODE = 2,
    KEY_FOR_REFRESH_TOKEN = 3,
    KEY_FOR_PROOF_CODE = 4,
    KEY_FOR_API_TOKEN = 5,
    KEY_FOR_SECOND_FACTOR = 7,
    KEY_FOR_KEPT = 6,              /* what stays of deleted accounts */
    KEY_FOR_PROVIDER = 8,          /* sign-in with another service's account */
    KEY_FOR_TICKET_SIGNATURE = 11, /* the seed of a key pair */
    KEY_FOR_TICKET_ROTATION = 12,
    KEY_FOR_RECEIPT = 21,
    KEY_FOR_PASS = 22, /* the seed of a key pair */
    KEY_FOR_CHALLENGE = 23,
    KEY_FOR_DEPOSIT = 24,      /* seals where money goes back to */
    KEY_FOR_DEMO = 25,         /* the password of the demo's team */
    KEY_FOR_WEBHOOK = 26,      /* seals the secrets of webhooks */
    KEY_FOR_PERSON = 27,       /* what is kept of a telephone number, or of a person by law */
    KEY_FOR_VOUCHER = 28,      /* codes that are generated */
    KEY_FOR_ACCESS_TOKEN = 29, /* the seed of the key pairs of all periods */
    KEY_FOR_RECOVERY = 30,     /* codes in the place of a second factor */
    KEY_FOR_BOUNCE = 32,       /* the address that a mail goes out from */
    KEY_FOR_PEER = 31          /* its text is what one process of an installation shows another */
};

/* Reads the file, making it with fresh bytes of chance where it does not exist. ERR_IO (errno says
 * why), ERR_DENIED (others than its owner may read it), ERR_CORRUPT (it holds no key), ERR_FULL
 * (the path is too long). */
int key_open(const char *path, struct chance *chance, uint8_t ret_key[KEY_BYTES]);
/* The same, but never makes it: ERR_NOT_FOUND. */
int key_load(const char *path, uint8_t ret_key[KEY_BYTES]);

struct stat;
/* True where nobody but its owner may read a file that holds a secret. A credential of systemd is
 * one too: it may be root's, of mode 0440 for an access list that names our user alone, whose mask
 * stands where the group's rights are (and $CREDENTIALS_DIRECTORY is set). */
bool key_file_is_private(const struct stat *status);

/* The key for one purpose (libsodium's crypto_kdf: BLAKE2b keyed with the master). */
void key_derive(const uint8_t master[KEY_BYTES], enum key_purpose purpose,
                uint8_t ret_key[KEY_BYTES]);

/* A key's text, with a NUL. */
void key_format(const uint8_t key[KEY_BYTES], char ret_text[KEY_TEXT_CHARS + 1]);

#endif
