/*
 * preface: tells HTTP/1.1 from HTTP/2 by the first bytes of a connection (RFC 9113, 3.4).
 *
 * Nothing has to be kept while undecided: all that came so far is the beginning of the preface.
 */
#ifndef USHER_HTTP_PREFACE_H
#define USHER_HTTP_PREFACE_H

#include "mem/view.h"

#define PREFACE     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define PREFACE_LEN (sizeof(PREFACE) - 1)

enum preface { PREFACE_MORE, PREFACE_H1, PREFACE_H2 };

/* Looks at the next bytes of a connection; *matched is 0 at first and counts preface bytes seen
 * before this call. PREFACE_MORE: undecided, *matched has grown, the bytes need not be kept.
 * Otherwise *matched is as it was: feed the engine view_of(PREFACE, *matched), then bytes. */
enum preface preface_sniff(uint8_t *matched, struct view bytes);

#endif
