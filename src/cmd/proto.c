/*
 * usher proto: prints the contracts, or writes what was made from them. Talks to nobody.
 */
#include "cmd/proto.h"

#include <errno.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/contracts.h"
#include "cmd/object.h"

struct proto_values {
    const char *descriptors;
    const char *openapi;
    bool json;
};

static const struct conf_option options[] = {
    {"descriptor-set", CONF_PATH, offsetof(struct proto_values, descriptors), NULL,
     .help = "writes all contracts as a FileDescriptorSet, with comments; - for standard output"},
    {"openapi", CONF_PATH, offsetof(struct proto_values, openapi), NULL,
     .help = "writes the calls as an OpenAPI 3.1 description; - for standard output"},
    {"json", CONF_BOOL, offsetof(struct proto_values, json), "no",
     .help = "one JSON object instead of text, for machines"},
};

const struct conf_table proto_table = {
    .command = "usher proto",
    .summary = "Prints the contracts that this usher speaks: all of them, or one.",
    .positional = "[FILE]",
    .positional_min = 0,
    .positional_max = 1,
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes = "Without words all contracts are printed, each below a line with its name.\n"
             "usher proto usher/v1/ticket.proto prints one, as a file for a compiler.\n"
             "grpcurl -protoset takes the file of --descriptor-set.",
};

static const struct contract *find(const char *name)
{
    for (size_t i = 0; i < contract_count; i++) {
        if (strcmp(contracts[i].name, name) == 0)
            return &contracts[i];
    }
    return NULL;
}

static bool is_file(const struct contract *contract)
{
    return strchr(contract->name, '/') != NULL;
}

static bool is_standard(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

/* An enum cmd_exit. */
static int write_to(const char *path, const struct contract *contract)
{
    FILE *file = is_standard(path) ? stdout : fopen(path, "we");
    if (!file)
        return cmd_fail("proto", CMD_FALSE, "%s: %s", path, strerrordesc_np(errno));
    const bool written = fwrite(contract->text, 1, contract->len, file) == contract->len;
    const bool closed = file == stdout ? fflush(file) == 0 : fclose(file) == 0;
    return written && closed ? CMD_OK
                             : cmd_fail("proto", CMD_FALSE, "%s: %s", path, strerrordesc_np(errno));
}

/* All contracts, or the named one, as an object of texts by their names. */
static int print_object(const struct contract *only)
{
    json_t *files = json_object();
    for (size_t i = 0; i < contract_count; i++) {
        if (is_file(&contracts[i]) && (!only || only == &contracts[i]))
            json_object_set_new(files, contracts[i].name,
                                json_stringn((const char *)contracts[i].text, contracts[i].len));
    }
    return object_print("proto", json_pack("{s:o}", "files", files));
}

static int print_all(void)
{
    int code = CMD_OK;
    for (size_t i = 0; i < contract_count && code == CMD_OK; i++) {
        if (!is_file(&contracts[i]))
            continue;
        printf("%s// ---- %s ----\n", i ? "\n" : "", contracts[i].name);
        code = write_to("-", &contracts[i]);
    }
    return code;
}

static int run(const struct proto_values *values, const char *name)
{
    const struct contract *only = name ? find(name) : NULL;
    const bool to_files = values->descriptors || values->openapi;
    int code = CMD_OK;
    if (name && (!only || !is_file(only)))
        return cmd_fail("proto", CMD_USAGE, "there is no contract %s; usher proto prints all",
                        name);
    if (to_files && (name || values->json))
        return cmd_fail("proto", CMD_USAGE,
                        "--descriptor-set and --openapi go neither with a contract's name nor with "
                        "--json");
    if (is_standard(values->descriptors) && is_standard(values->openapi))
        return cmd_fail("proto", CMD_USAGE,
                        "--descriptor-set - and --openapi - cannot share standard output");
    if (values->descriptors)
        code = write_to(values->descriptors, find("descriptors"));
    if (code == CMD_OK && values->openapi)
        code = write_to(values->openapi, find("openapi"));
    if (to_files)
        return code;
    if (values->json)
        return print_object(only);
    return only ? write_to("-", only) : print_all();
}

int proto_command(int argc, char **argv)
{
    struct proto_values values = {0};
    struct conf conf;
    int code = cmd_options(&proto_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    code = run(&values, conf.positional_count ? conf.positional[0] : NULL);
    conf_release(&conf);
    return code;
}
