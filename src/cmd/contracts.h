/*
 * contracts: the contracts of proto/ inside the binary, as scripts/contracts embeds them.
 */
#ifndef USHER_CMD_CONTRACTS_H
#define USHER_CMD_CONTRACTS_H

#include <stddef.h>
#include <stdint.h>

struct contract {
    const char *name; /* "usher/v1/ticket.proto"; of the last two "descriptors" and "openapi" */
    const uint8_t *text;
    size_t len;
};

extern const struct contract contracts[];
extern const size_t contract_count;

#endif
