#include "cmd/manual.h"

#include <string.h>

#include "conf/unit.h"

#define PATH_BYTES 96

/* Text in man(7): a line must not begin with a control character, a backslash and a hyphen are
 * written out. */
static void put_text(const char *text, FILE *out)
{
    bool at_start = true;
    for (; *text; text++) {
        if (at_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
        at_start = *text == '\n';
    }
}

static void put_option(const struct conf_option *option, FILE *out)
{
    const char *word = conf_type_word(option);
    fputs(".TP\n\\fB", out);
    put_text("--", out);
    put_text(option->name, out);
    fputs("\\fR", out);
    if (*word) {
        fputs(" \\fI", out);
        put_text(word, out);
        fputs("\\fR", out);
    }
    fputc('\n', out);
    put_text(option->help, out);
    if (option->required)
        fputs(" (required)", out);
    else if (option->standard && *option->standard && option->type != CONF_BOOL) {
        fputs(" (default ", out);
        put_text(option->standard, out);
        fputc(')', out);
    }
    fputs(".\n", out);
}

static void put_command(const struct cmd *row, const char *path, FILE *out)
{
    const struct conf_table *table = row->table;
    fputs(".SS \"", out);
    put_text(path, out);
    if (table->positional)
        fprintf(out, " %s", table->positional);
    fputs("\"\n", out);
    put_text(table->summary, out);
    fputc('\n', out);
    for (size_t i = 0; i < table->option_count; i++)
        put_option(&table->options[i], out);
    if (!table->notes)
        return;
    fputs(".PP\n", out);
    put_text(table->notes, out);
    fputc('\n', out);
}

static void put_rows(const struct cmd *group, const char *path, FILE *out)
{
    for (size_t i = 0; i < group->row_count; i++) {
        char below[PATH_BYTES];
        snprintf(below, sizeof(below), "%s %s", path, group->rows[i].name);
        if (group->rows[i].table)
            put_command(&group->rows[i], below, out);
        put_rows(&group->rows[i], below, out);
    }
}

void manual_write(const struct cmd *root, const char *version, FILE *out)
{
    fprintf(out, ".TH USHER 1 \"\" \"usher %s\" \"User Commands\"\n", version);
    fputs(".SH NAME\nusher \\- ", out);
    put_text(root->about, out);
    fputs("\n.SH SYNOPSIS\n.B usher\n.I COMMAND\n[options]\n.SH COMMANDS\n", out);
    put_rows(root, root->name, out);
    fputs(".SH ENVIRONMENT\n", out);
    put_text("Every option may be set in the environment: --some-name is USHER_SOME_NAME. With "
             "--config FILE options are read from a file, \"name = value\" a line. A flag wins "
             "over the environment, the environment over the file.",
             out);
    fputs("\n.SH EXIT STATUS\n", out);
    put_text(root->notes, out);
    fputc('\n', out);
}

/* ---- bash ---- */

/* One case a place in the tree: the words that may follow. */
static void put_case(const struct cmd *row, const char *path, FILE *out)
{
    fprintf(out, "    '%s') words='", path);
    for (size_t i = 0; i < row->row_count; i++)
        fprintf(out, "%s ", row->rows[i].name);
    for (size_t i = 0; row->table && i < row->table->option_count; i++)
        fprintf(out, "--%s ", row->table->options[i].name);
    fprintf(out, "--help' ;;\n");
    for (size_t i = 0; i < row->row_count; i++) {
        char below[PATH_BYTES];
        snprintf(below, sizeof(below), "%s%s%s", path, *path ? " " : "", row->rows[i].name);
        put_case(&row->rows[i], below, out);
    }
}

void manual_write_completion(const struct cmd *root, FILE *out)
{
    fputs("# bash completion for usher, written by usher help --completion\n"
          "_usher() {\n"
          "    local path='' word words='' i\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        word=${COMP_WORDS[i]}\n"
          "        [[ $word == -* ]] && break\n"
          "        path+=${path:+ }$word\n"
          "    done\n"
          "    case $path in\n",
          out);
    put_case(root, "", out);
    fputs("    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
          "    [[ ${#COMPREPLY[@]} -eq 0 && ${COMP_WORDS[COMP_CWORD]} != -* ]] &&\n"
          "        COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
          "}\n"
          "complete -o filenames -F _usher usher\n",
          out);
}
