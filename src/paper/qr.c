#include "paper/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>

#include "err/err.h"

int qr_init(struct qr *qr, struct view text)
{
    char copy[QR_TEXT_MAX + 1];
    if (text.len == 0 || text.len > QR_TEXT_MAX || memchr(text.at, '\0', text.len))
        return ERR_INVALID;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    /* Version 0: the smallest that has room. The library picks digits, alphanumerics or bytes. */
    QRcode *code = QRcode_encodeString(copy, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (!code)
        return errno == ENOMEM ? ERR_NO_MEMORY : ERR_INVALID;
    const size_t count = (size_t)code->width * (size_t)code->width;
    uint8_t *modules = malloc(count);
    if (modules) {
        for (size_t i = 0; i < count; i++)
            modules[i] = code->data[i] & 1;
        *qr = (struct qr){.width = code->width, .modules = modules};
    }
    QRcode_free(code);
    return modules ? 0 : ERR_NO_MEMORY;
}

void qr_release(struct qr *qr)
{
    free(qr->modules);
    *qr = (struct qr){0};
}
