/*
 * usher sale beacon|mix: public randomness for a sale's draw: the round that is named, and what it
 * published.
 */
#include <stdio.h>

#include "cmd/sale.h"
#include "codec/base64.h"

#define CHAIN_BYTES     32
#define SIGNATURE_SHORT 48
#define SIGNATURE_LONG  96

struct beacon_values {
    struct session_values session;
    const char *word; /* the sale */
    const char *chain, *signature;
    int64_t round;
};

static int name(struct session *session, void *arg)
{
    const struct beacon_values *values = arg;
    Usher__V1__NameBeaconRequest wish = USHER__V1__NAME_BEACON_REQUEST__INIT;
    Usher__V1__GetDrawRequest look = USHER__V1__GET_DRAW_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    const Usher__V1__Draw *draw;
    uint8_t chain[CHAIN_BYTES];
    wish.sale_id = look.sale_id = sale_number(session->command, values->word);
    if (wish.sale_id == 0)
        return CMD_USAGE;
    wish.round = (uint32_t)values->round;
    if (values->chain[0]) {
        if (hex_read(view_str(values->chain), chain, CHAIN_BYTES) != 0)
            return cmd_fail(session->command, CMD_USAGE,
                            "--chain %s is no hexadecimal number of %d bytes", values->chain,
                            CHAIN_BYTES);
        wish.chain = (ProtobufCBinaryData){CHAIN_BYTES, chain};
    }
    int code = sale_call(session, name_beacon, &wish, &sale);
    if (code == CMD_OK)
        code = sale_call(session, get_draw, &look, &draw);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, draw);
    printf("the draw of sale %u is mixed with round %llu: give what it publishes by usher sale mix "
           "within two minutes of the opening\n",
           draw->sale_id, (unsigned long long)draw->beacon_round);
    return CMD_OK;
}

static int mix(struct session *session, void *arg)
{
    const struct beacon_values *values = arg;
    Usher__V1__GiveBeaconRequest wish = USHER__V1__GIVE_BEACON_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    uint8_t signature[SIGNATURE_LONG];
    const size_t bytes = view_str(values->signature).len / 2;
    wish.sale_id = sale_number(session->command, values->word);
    if (wish.sale_id == 0)
        return CMD_USAGE;
    if ((bytes != SIGNATURE_SHORT && bytes != SIGNATURE_LONG) ||
        hex_read(view_str(values->signature), signature, bytes) != 0)
        return cmd_fail(session->command, CMD_USAGE,
                        "--signature is no hexadecimal number of %d or %d bytes", SIGNATURE_SHORT,
                        SIGNATURE_LONG);
    wish.round = (uint32_t)values->round;
    wish.signature = (ProtobufCBinaryData){bytes, signature};
    const int code = sale_call(session, give_beacon, &wish, &sale);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, sale) : code;
    printf("round %u is mixed into the draw of sale %u. That the beacon signed it is not checked "
           "here: who verifies the draw compares it with what the beacon publishes\n",
           wish.round, wish.sale_id);
    return CMD_OK;
}

static const struct conf_option name_options[] = {
    {"chain", CONF_STR, offsetof(struct beacon_values, chain), "",
     .help = "the hash of a drand chain, hexadecimal; else quicknet"},
    {"round", CONF_INT, offsetof(struct beacon_values, round), "0", 0, UINT32_MAX,
     .help = "the round; 0: the first at the opening"},
    SESSION_OPTIONS(struct beacon_values, session),
};
static const struct conf_option mix_options[] = {
    {"round", CONF_INT, offsetof(struct beacon_values, round), NULL, 1, UINT32_MAX,
     .help = "the round that was named"},
    {"signature", CONF_STR, offsetof(struct beacon_values, signature), "",
     .help = "its signature as the beacon published it, hexadecimal"},
    SESSION_OPTIONS(struct beacon_values, session),
};

#define TABLE(words, what, its_options)                                                            \
    {                                                                                              \
        .command = words, .summary = what, .positional = "SALE", .positional_min = 1,              \
        .positional_max = 1, .options = its_options,                                               \
        .option_count = sizeof(its_options) / sizeof(its_options[0]),                              \
    }
const struct conf_table sale_beacon_table =
                            TABLE("usher sale beacon",
                                  "Names the round of a public beacon (drand) for a sale's draw, "
                                  "before it opens.",
                                  name_options),
                        sale_mix_table =
                            TABLE("usher sale mix",
                                  "Gives what that round published, at the opening.", mix_options);

int sale_beacon_command(int argc, char **argv)
{
    struct beacon_values values = {0};
    return session_command(&sale_beacon_table, argc, argv, &values, &values.session, &values.word,
                           name);
}

int sale_mix_command(int argc, char **argv)
{
    struct beacon_values values = {0};
    return session_command(&sale_mix_table, argc, argv, &values, &values.session, &values.word,
                           mix);
}
