/* The pages into a file: PDF, one SVG or PNG with the pages below each other (a long PNG in columns), HTML with each page as inline SVG. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include <gait/cleanup.h>
#include <gait/version.h>

#include "report.h"
#include "../whole_file.h"

#define A4_WIDTH      595.28
#define A4_HEIGHT     841.89
#define LETTER_WIDTH  612.0
#define LETTER_HEIGHT 792.0
#define PNG_SCALE     2.0
#define PNG_ROWS      20 /* pages in a column: cairo's pictures have at most 32767 lines */

static cairo_status_t to_file(void *user, const unsigned char *bytes, unsigned length)
{
    return fwrite(bytes, 1, length, user) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Closes the surface; whether everything was drawn and written. */
static int finish(cairo_t *cr, cairo_surface_t *surface)
{
    cairo_status_t drawn = cairo_status(cr), written;

    cairo_destroy(cr);
    cairo_surface_finish(surface);
    written = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return drawn == CAIRO_STATUS_NO_MEMORY || written == CAIRO_STATUS_NO_MEMORY ? -ENOMEM : drawn || written ? -EIO : 0;
}

static int write_pdf(const struct study *study, FILE *out)
{
    bool letter = study->options->letter;
    double w = letter ? LETTER_WIDTH : A4_WIDTH, h = letter ? LETTER_HEIGHT : A4_HEIGHT;
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(to_file, out, w, h);
    cairo_t *cr = cairo_create(surface);

    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, "gait compare");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "gait " GAIT_VERSION_STRING);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, study->date);
    for (unsigned i = 0; i < pages_count(study); i++) {
        cairo_save(cr);
        cairo_translate(cr, (w - CANVAS_WIDTH) / 2, (h - CANVAS_HEIGHT) / 2);
        pages_draw(cr, study, i);
        cairo_restore(cr);
        cairo_show_page(cr);
    }
    return finish(cr, surface);
}

/* Below each other; after `rows` pages another column. */
static void all_pages(cairo_t *cr, const struct study *study, unsigned rows)
{
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    for (unsigned i = 0; i < pages_count(study); i++) {
        cairo_save(cr);
        cairo_translate(cr, (double)CANVAS_WIDTH * (i / rows), (double)CANVAS_HEIGHT * (i % rows));
        pages_draw(cr, study, i);
        cairo_restore(cr);
    }
}

static int write_svg(const struct study *study, FILE *out)
{
    double height = (double)CANVAS_HEIGHT * pages_count(study);
    cairo_surface_t *surface = cairo_svg_surface_create_for_stream(to_file, out, CANVAS_WIDTH, height);
    cairo_t *cr = cairo_create(surface);

    all_pages(cr, study, pages_count(study));
    return finish(cr, surface);
}

static int write_png(const struct study *study, FILE *out)
{
    unsigned pages = pages_count(study), rows = pages < PNG_ROWS ? pages : PNG_ROWS,
             columns = (pages + PNG_ROWS - 1) / PNG_ROWS;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(CANVAS_WIDTH * PNG_SCALE * columns),
                                                          (int)(CANVAS_HEIGHT * PNG_SCALE * rows));
    cairo_t *cr = cairo_create(surface);
    int r = 0;

    cairo_scale(cr, PNG_SCALE, PNG_SCALE);
    all_pages(cr, study, rows);
    if (cairo_surface_write_to_png_stream(surface, to_file, out) != CAIRO_STATUS_SUCCESS)
        r = -EIO;
    return finish(cr, surface) < 0 ? -EIO : r;
}

/* ---- HTML ------------------------------------------------------------------------------------------------------------------- */

static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++)
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else
            putc(*text, out);
}

static cairo_status_t to_stream(void *user, const unsigned char *bytes, unsigned length)
{
    return to_file(user, bytes, length);
}

/* One page's SVG without its XML head, its ids made its own: several stand in one document. */
static void put_page(FILE *out, const char *svg, unsigned page)
{
    static const char *const marks[] = {"id=\"", "href=\"#", "url(#"};
    const char *at = strstr(svg, "<svg");

    while (at && *at) {
        size_t i = 0;

        while (i < 3 && strncmp(at, marks[i], strlen(marks[i])) != 0)
            i++;
        if (i < 3) {
            fprintf(out, "%sp%u-", marks[i], page);
            at += strlen(marks[i]);
        } else {
            putc(*at++, out);
        }
    }
}

static int page_svg(const struct study *study, unsigned page, FILE *out)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    cairo_surface_t *surface;
    cairo_t *cr;
    int r;

    if (!memory)
        return -ENOMEM;
    surface = cairo_svg_surface_create_for_stream(to_stream, memory, CANVAS_WIDTH, CANVAS_HEIGHT);
    cr = cairo_create(surface);
    pages_draw(cr, study, page);
    r = finish(cr, surface);
    fclose(memory);
    if (r == 0)
        put_page(out, text, page);
    free(text);
    return r;
}

static int write_html(const struct study *study, FILE *out)
{
    int r = 0;

    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>gait compare</title>\n<style>\n"
          "@page { margin: 0 }\nbody { margin: 0; background: #e8e8ea; font-family: sans-serif }\n"
          ".page { background: #fff; width: 595pt; max-width: 100%; margin: 1em auto; break-after: page }\n"
          ".page svg { display: block; width: 100%; height: auto }\n"
          ".words { position: absolute; left: -9999px }\n"
          "@media print { body { background: #fff } .page { margin: 0 auto; width: auto; max-width: none }\n"
          "  .page:last-child { break-after: auto } .page svg { width: auto; height: 100vh; max-width: 100%; margin: "
          "auto } }\n"
          "</style></head><body>\n<div class=\"words\">\n",
          out);
    for (size_t i = 0; i < study->n_judged; i++) {
        fputs("<p>", out);
        put_escaped(out, study->judged[i].sentence);
        fputs("</p>\n", out);
    }
    for (size_t i = 0; i < study->n_group; i++) {
        fputs("<p>", out);
        put_escaped(out, study->group[i].sentence);
        fputs("</p>\n", out);
    }
    fputs("</div>\n", out);
    for (unsigned i = 0; i < pages_count(study) && r == 0; i++) {
        fputs("<div class=\"page\">", out);
        r = page_svg(study, i, out);
        fputs("</div>\n", out);
    }
    fputs("</body></html>\n", out);
    return r;
}

/* ---- which ------------------------------------------------------------------------------------------------------------------ */

int report_write(const struct study *study, const char *path, struct gait_error *err)
{
    static const struct {
        const char *end;
        int (*write)(const struct study *study, FILE *out);
    } forms[] = {{".pdf", write_pdf}, {".html", write_html}, {".svg", write_svg}, {".png", write_png}};
    const char *dot = strrchr(path, '.');
    size_t i = 0;
    struct whole_file file;
    int r;

    while (i < sizeof(forms) / sizeof(forms[0]) && !(dot && strcmp(dot, forms[i].end) == 0))
        i++;
    if (i == sizeof(forms) / sizeof(forms[0]))
        return gait_error_set(err, -EINVAL, "--report is '%s': its name must end in .pdf, .html, .svg or .png", path);
    r = whole_new(path, &file, err);
    if (r < 0)
        return r;
    r = forms[i].write(study, file.out);
    if (r < 0)
        gait_error_set(err, r, "%s: the report cannot be written: %s", path, strerror(-r));
    return whole_end(&file, r, err);
}
