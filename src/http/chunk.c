#include "http/chunk.h"

#include "err/err.h"
#include "http/head.h"

/*
 *   SIZE --digits--> SIZE --;--> EXT     all but QUOTED and the empty --CR--> SIZE_LF, --;--> EXT
 *   EXT --token--> EXT_NAME --=--> EXT_VALUE --token--> EXT_TOKEN
 *   EXT_VALUE --"--> QUOTED --"--> QUOTED_END     QUOTED --\--> QUOTED_PAIR --any--> QUOTED
 *   SIZE_LF --LF, size > 0--> DATA --all--> DATA_CR --CR--> DATA_LF --LF--> SIZE
 *   SIZE_LF --LF, size 0--> LINE              a trailer line begins
 *   LINE --token--> NAME --:--> TRAILER --CR--> TRAILER_LF --LF--> LINE
 *   LINE --CR--> END_LF --LF--> END
 */
enum {
    SIZE,
    EXT,
    EXT_NAME,
    EXT_VALUE,
    EXT_TOKEN,
    QUOTED,
    QUOTED_PAIR,
    QUOTED_END,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    LINE,
    NAME,
    TRAILER,
    TRAILER_LF,
    END_LF,
    END
};

#define DIGITS_MAX 8

void chunk_init(struct chunk *c)
{
    *c = (struct chunk){.framing = CHUNK_SLACK, .state = SIZE};
}

static int hex_digit(char b)
{
    if (b >= '0' && b <= '9')
        return b - '0';
    b = (char)(b | 0x20);
    return b >= 'a' && b <= 'f' ? b - 'a' + 10 : -1;
}

/* What may stand in an extension or a trailer: no control character but a tab. */
static bool is_text(char b)
{
    return (uint8_t)b >= 0x20 ? b != 0x7f : b == '\t';
}

static bool take_size(struct chunk *c, char b)
{
    int digit = hex_digit(b);

    if (digit >= 0 && c->digits < DIGITS_MAX) {
        c->left = c->left << 4 | (uint64_t)digit;
        c->digits++;
        return true;
    }
    if (c->digits == 0 || (b != ';' && b != '\r'))
        return false;
    c->state = b == ';' ? EXT : SIZE_LF;
    return true;
}

/* One byte of ";name", ";name=token" or ";name="string"" (RFC 9112, 7.1.1). */
static bool take_extension(struct chunk *c, char b)
{
    bool token = head_is_token_byte(b);
    bool whole = c->state == EXT_NAME || c->state == EXT_TOKEN || c->state == QUOTED_END;

    if (whole && (b == '\r' || b == ';')) {
        c->state = b == '\r' ? SIZE_LF : EXT;
        return true;
    }
    switch (c->state) {
    case EXT:
        c->state = EXT_NAME;
        return token;
    case EXT_NAME:
        c->state = b == '=' ? EXT_VALUE : EXT_NAME;
        return token || b == '=';
    case EXT_VALUE:
        c->state = b == '"' ? QUOTED : EXT_TOKEN;
        return token || b == '"';
    case EXT_TOKEN:
        return token;
    case QUOTED:
        c->state = b == '"' ? QUOTED_END : b == '\\' ? QUOTED_PAIR : QUOTED;
        return is_text(b);
    case QUOTED_PAIR:
        c->state = QUOTED;
        return is_text(b);
    default:
        return false;
    }
}

/* One byte of framing; false where it is malformed. */
static bool take_framing(struct chunk *c, char b)
{
    switch (c->state) {
    case SIZE:
        return take_size(c, b);
    case EXT:
    case EXT_NAME:
    case EXT_VALUE:
    case EXT_TOKEN:
    case QUOTED:
    case QUOTED_PAIR:
    case QUOTED_END:
        return take_extension(c, b);
    case SIZE_LF:
        c->state = c->left ? DATA : LINE;
        return b == '\n';
    case DATA_CR:
        c->state = DATA_LF;
        return b == '\r';
    case DATA_LF:
        c->state = SIZE;
        c->digits = 0;
        return b == '\n';
    case LINE:
        c->state = b == '\r' ? END_LF : NAME;
        return b == '\r' || head_is_token_byte(b);
    case NAME:
        c->state = b == ':' ? TRAILER : NAME;
        return b == ':' || head_is_token_byte(b);
    case TRAILER:
        c->state = b == '\r' ? TRAILER_LF : TRAILER;
        return b == '\r' || is_text(b);
    case TRAILER_LF:
        c->state = LINE;
        return b == '\n';
    case END_LF:
        c->state = END;
        return b == '\n';
    default:
        return false;
    }
}

enum chunk_found chunk_next(struct chunk *c, struct view *bytes, struct view *ret_data)
{
    while (bytes->len && c->state != DATA && c->state != END) {
        if (--c->framing < 0 || !take_framing(c, *bytes->at))
            return CHUNK_BAD;
        bytes->at++;
        bytes->len--;
    }
    if (c->state == END)
        return CHUNK_END;
    if (!bytes->len)
        return CHUNK_MORE;

    size_t n = bytes->len < c->left ? bytes->len : (size_t)c->left;
    *ret_data = view_of(bytes->at, n);
    bytes->at += n;
    bytes->len -= n;
    c->left -= n;
    c->framing += (int64_t)n * CHUNK_COST;
    if (!c->left)
        c->state = DATA_CR;
    return CHUNK_DATA;
}

size_t chunk_head(size_t len, char ret_head[CHUNK_HEAD_MAX])
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 1;

    assert(len > 0 && len <= UINT32_MAX);
    while (n < DIGITS_MAX && len >> (4 * n))
        n++;
    for (size_t i = 0; i < n; i++)
        ret_head[i] = hex[len >> (4 * (n - 1 - i)) & 15];
    ret_head[n] = '\r';
    ret_head[n + 1] = '\n';
    return n + 2;
}
