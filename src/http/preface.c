#include "http/preface.h"

enum preface preface_sniff(uint8_t *matched, struct view bytes)
{
    size_t left = PREFACE_LEN - *matched;
    size_t n = bytes.len < left ? bytes.len : left;

    if (n && memcmp(bytes.at, &PREFACE[*matched], n) != 0)
        return PREFACE_H1;
    if (n == left)
        return PREFACE_H2;
    *matched = (uint8_t)(*matched + n);
    return PREFACE_MORE;
}
