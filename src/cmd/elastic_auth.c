/* The credentials for Elasticsearch, of --elastic-auth. */
#include <stdio.h>
#include <string.h>

#include "cmd/roles.h"
#include "codec/base64.h"

int elastic_auth_read(struct house *house)
{
    const char *path = house->values.elastic_auth;
    char text[256] = "", encoded[400];
    FILE *file = fopen(path, "re");
    const bool read = file && fgets(text, sizeof(text), file);
    if (file)
        fclose(file);
    text[strcspn(text, "\r\n")] = '\0';
    if (!read || !text[0])
        return cmd_fail("serve", CMD_FALSE,
                        "--elastic-auth %s: it should hold one line, user:password or ApiKey KEY",
                        path);
    if (strncmp(text, "ApiKey ", 7) == 0) {
        snprintf(house->elastic_field, sizeof(house->elastic_field), "Authorization: %s", text);
        return CMD_OK;
    }
    encoded[base64_write(view_str(text), BASE64_PADDED, encoded)] = '\0';
    snprintf(house->elastic_field, sizeof(house->elastic_field), "Authorization: Basic %s",
             encoded);
    return CMD_OK;
}
