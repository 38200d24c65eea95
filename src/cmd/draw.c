/*
 * usher draw verify: recomputes a draw from what is public, and believes nothing.
 *
 * The secret must be what the sale committed to before anybody came; the keys must ascend and be as
 * many as there were entrants; the Merkle root must be theirs. With --account the number that this
 * account must have is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/object.h"
#include "cmd/sale.h"
#include "codec/base64.h"
#include "err/err.h"
#include "line/draw.h"

#define PAGE 2048 /* keys in one answer */

struct draw_values {
    struct session_values session;
    const char *account;
    const char *commitment;
    const char *randomness;
    uint32_t sale_id;
};

static const struct conf_option options[] = {
    {"account", CONF_STR, offsetof(struct draw_values, account), NULL, ID_TEXT_CHARS, ID_TEXT_CHARS,
     .help = "tell the number of this account, too"},
    {"commitment", CONF_STR, offsetof(struct draw_values, commitment), NULL, 64, 64,
     .help = "as it was published before the draw, in hexadecimal; left out: as the server says"},
    {"randomness", CONF_STR, offsetof(struct draw_values, randomness), NULL, 64, 64,
     .help = "what the beacon published for the round that was named, in hexadecimal; left out: as "
             "the server says"},
    SESSION_OPTIONS(struct draw_values, session),
};

static const struct conf_table verify_table = {
    .command = "usher draw verify",
    .summary = "Recomputes a sale's draw from what is public.",
    .positional = "SALE",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes =
        "Exit code 0: the draw was as it was promised; 1: it was not, or there was none yet.\n",
};

static int not_so(const char *what)
{
    return cmd_fail("draw verify", CMD_FALSE, "%s", what);
}

/* All keys of the draw, in pieces; *ret_draw is the first answer. */
static int fetch(struct session *session, uint32_t sale_id, const Usher__V1__Draw **ret_draw,
                 uint8_t (**ret_keys)[DRAW_HASH_BYTES])
{
    Usher__V1__GetDrawRequest request = USHER__V1__GET_DRAW_REQUEST__INIT;
    const Usher__V1__Draw *draw;
    request.sale_id = sale_id;
    request.count = PAGE;
    int code = sale_call(session, get_draw, &request, &draw);
    *ret_draw = draw;
    *ret_keys = NULL;
    if (code != CMD_OK || draw->secret.len == 0)
        return code;
    const uint32_t entrants = draw->entrants;
    *ret_keys = calloc((size_t)entrants + 1, sizeof(**ret_keys));
    if (!*ret_keys)
        return cmd_fail("draw verify", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
    uint32_t have = 0;
    while (have < entrants) {
        for (size_t i = 0; i < draw->n_keys && have < entrants; i++) {
            if (draw->keys[i].len != DRAW_HASH_BYTES)
                return not_so("a key has not 32 bytes");
            memcpy((*ret_keys)[have++], draw->keys[i].data, DRAW_HASH_BYTES);
        }
        if (draw->n_keys == 0)
            return not_so("there are fewer keys than entrants");
        request.first = have;
        code = have < entrants ? sale_call(session, get_draw, &request, &draw) : CMD_OK;
        if (code != CMD_OK)
            return code;
    }
    return CMD_OK;
}

/* "NULL" for right, or what is wrong. */
static const char *what_is_wrong(const struct draw_values *values, const Usher__V1__Draw *draw,
                                 const uint8_t (*keys)[DRAW_HASH_BYTES])
{
    uint8_t promised[DRAW_HASH_BYTES], hash[DRAW_HASH_BYTES];
    struct draw_tree tree;
    if (draw->secret.len != DRAW_HASH_BYTES || draw->root.len != DRAW_HASH_BYTES ||
        draw->commitment.len != DRAW_HASH_BYTES)
        return "secret, root or commitment has not 32 bytes";
    memcpy(promised, draw->commitment.data, DRAW_HASH_BYTES);
    if (values->commitment && hex_read(view_str(values->commitment), promised, DRAW_HASH_BYTES))
        return "--commitment is no hexadecimal number of 32 bytes";
    draw_commit(draw->secret.data, hash);
    if (memcmp(hash, promised, DRAW_HASH_BYTES) != 0)
        return "the secret is not the one that was committed to";
    if (values->randomness) {
        if (hex_read(view_str(values->randomness), hash, DRAW_HASH_BYTES))
            return "--randomness is no hexadecimal number of 32 bytes";
        if (draw->beacon_randomness.len != DRAW_HASH_BYTES ||
            memcmp(hash, draw->beacon_randomness.data, DRAW_HASH_BYTES) != 0)
            return "the draw was not mixed with this randomness";
    }
    for (uint32_t i = 1; i < draw->entrants; i++) {
        if (memcmp(keys[i - 1], keys[i], DRAW_HASH_BYTES) >= 0)
            return "the numbers do not follow the keys";
    }
    if (draw_tree_of_keys(&tree, keys, draw->entrants) != 0)
        return err_text(ERR_NO_MEMORY);
    const bool same = memcmp(tree.root, draw->root.data, DRAW_HASH_BYTES) == 0;
    draw_tree_release(&tree);
    return same ? NULL : "the Merkle root is not that of the keys";
}

/* What keys are made with. */
static void seed_of(const Usher__V1__Draw *draw, uint8_t ret_seed[DRAW_HASH_BYTES])
{
    if (draw->beacon_randomness.len == DRAW_HASH_BYTES && draw->beacon_chain.len == DRAW_HASH_BYTES)
        draw_mix(draw->secret.data, draw->beacon_chain.data, draw->beacon_round,
                 draw->beacon_randomness.data, ret_seed);
    else
        memcpy(ret_seed, draw->secret.data, DRAW_HASH_BYTES);
}

/* The number of the account; 0: it was not in the draw. */
static uint32_t number_of(const Usher__V1__Draw *draw, const uint8_t (*keys)[DRAW_HASH_BYTES],
                          struct id account_id)
{
    uint8_t key[DRAW_HASH_BYTES], seed[DRAW_HASH_BYTES];
    seed_of(draw, seed);
    draw_key(seed, account_id, key);
    for (uint32_t i = 0; i < draw->entrants; i++) {
        if (memcmp(keys[i], key, DRAW_HASH_BYTES) == 0)
            return i + 1;
    }
    return 0;
}

/* What public randomness has a say in it. Its signature, of BLS12-381, is not checked here. */
static void tell_beacon(const Usher__V1__Draw *draw)
{
    char randomness[2 * DRAW_HASH_BYTES + 1], chain[2 * DRAW_HASH_BYTES + 1];
    if (draw->beacon_chain.len != DRAW_HASH_BYTES)
        return;
    hex_write(view_of(draw->beacon_chain.data, DRAW_HASH_BYTES), chain);
    if (draw->beacon_randomness.len != DRAW_HASH_BYTES) {
        printf("round %llu of the beacon %s was named and was not given in time: it is not mixed "
               "in\n",
               (unsigned long long)draw->beacon_round, chain);
        return;
    }
    hex_write(view_of(draw->beacon_randomness.data, DRAW_HASH_BYTES), randomness);
    printf("mixed in is round %llu of the beacon %s: %s\ncompare it with what the beacon publishes "
           "(--randomness)\n",
           (unsigned long long)draw->beacon_round, chain, randomness);
}

/* Says that the draw is right, and the number of --account. An enum cmd_exit. */
static int tell(const struct draw_values *values, const Usher__V1__Draw *draw, uint32_t number)
{
    if (values->account && number == 0)
        return not_so("the draw is right, but this account was not in it");
    if (values->session.json && values->account)
        return object_print("draw verify",
                            json_pack("{s:i, s:I, s:s, s:I}", "saleId", (int)draw->sale_id,
                                      "entrants", (json_int_t)draw->entrants, "accountId",
                                      values->account, "number", (json_int_t)number));
    if (values->session.json)
        return object_print("draw verify", json_pack("{s:i, s:I}", "saleId", (int)draw->sale_id,
                                                     "entrants", (json_int_t)draw->entrants));
    printf("the draw of sale %u is right: %u entrants, in the order of the secret that was "
           "committed to\n",
           draw->sale_id, draw->entrants);
    tell_beacon(draw);
    if (values->account)
        printf("account %s has number %u\n", values->account, number);
    return CMD_OK;
}

static int verify(struct session *session, void *arg)
{
    const struct draw_values *values = arg;
    const Usher__V1__Draw *draw;
    uint8_t(*keys)[DRAW_HASH_BYTES];
    struct id account_id = {0};
    if (values->account && id_parse(view_str(values->account), &account_id) != 0)
        return cmd_fail("draw verify", CMD_USAGE, "--account %s is no account", values->account);
    int code = fetch(session, values->sale_id, &draw, &keys);
    if (code == CMD_OK && !keys)
        code = not_so("this sale has no draw, or it has not been drawn yet");
    if (code == CMD_OK) {
        const char *wrong = what_is_wrong(values, draw, keys);
        code = wrong ? not_so(wrong) : CMD_OK;
    }
    if (code == CMD_OK)
        code = tell(values, draw, values->account ? number_of(draw, keys, account_id) : 0);
    free(keys);
    return code;
}

static int verify_command(int argc, char **argv)
{
    struct draw_values values = {0};
    struct conf conf;
    int code = cmd_options(&verify_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    values.sale_id = sale_number("draw verify", conf.positional[0]);
    code = values.sale_id
               ? session_run("draw verify", &values.session, SESSION_ANYONE, verify, &values)
               : CMD_USAGE;
    conf_release(&conf);
    return code;
}

const struct cmd draw_commands[DRAW_COMMANDS] = {
    {"verify", "recomputes a sale's draw from what is public", verify_command,
     .table = &verify_table},
};
