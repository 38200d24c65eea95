/*
 * xml: the tags and texts of a drawing, one after the other (XML 1.0, as much as drawings use).
 *
 * No entity but the five of XML and numbers is known, nothing is fetched, no document type is
 * obeyed. Names, values and texts look into the document; xml_text makes them readable.
 */
#ifndef USHER_HALL_XML_H
#define USHER_HALL_XML_H

#include "mem/arena.h"

#define XML_ATTRIBUTES_MAX 64

struct xml_attribute {
    struct view name, value; /* the value as it is written */
};

struct xml {
    struct view rest;
    uint32_t line;    /* of what was read last, from 1 */
    struct view name; /* of a tag */
    struct view text; /* of a text */
    struct xml_attribute attributes[XML_ATTRIBUTES_MAX];
    uint32_t attribute_count;
};

enum xml_kind { XML_END, XML_OPEN, XML_EMPTY, XML_CLOSE, XML_TEXT, XML_WRONG };

/* Zeroed but for rest and line 1. What comes next: a tag that opens, one that is its own end, one
 * that closes, a text. Comments, instructions and the document type are passed over. XML_WRONG: it
 * is no XML; XML_END: it is over. */
enum xml_kind xml_next(struct xml *xml);

/* An attribute of the tag, as written; empty where there is none. A prefix of a name counts. */
struct view xml_attribute(const struct xml *xml, const char *name);

/* With entities resolved; what is none stays as it is. In the arena where there are any. An
 * empty view with at NULL: no memory. */
struct view xml_text(struct view written, struct arena *arena);

#endif
