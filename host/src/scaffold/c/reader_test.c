/* The reader in a host in memory: `make test`. */
#include "artemis_test.h"

static const at_chunk ONE[] = {{"# of the plant\ninlet = 21.5\n\noutlet=19\nspare=\n", 0}};
static const at_chunk EACH[] = {{"# of the plant\ninlet = 21.5\n", 0}, {"\noutlet=19\n", 1}, {"spare=\n", 2}};

int main(int argc, char **argv) {
    at_host host;
    at_open(&host, argc > 1 ? argv[1] : "build/libmy_plugin.so");

    /* Lines become rows. */
    AT_CHECK(at_read(&host, "readings", "", ONE, 1) == ARTEMIS_OK);
    AT_CHECK(at_rows(&host, 0) == 3);
    AT_CHECK(at_text_is(&host, 0, "name", 1, "outlet"));
    AT_CHECK(at_float(&host, 0, "value", 0) == 21.5);
    AT_CHECK(at_is_null(&host, 0, "value", 2));

    /* Whatever the chunks. */
    AT_CHECK(at_read(&host, "readings", "", EACH, 3) == ARTEMIS_OK);
    AT_CHECK(host.emitted_count == 3);
    AT_CHECK(at_text_is(&host, 1, "name", 0, "outlet"));
    AT_CHECK(at_float(&host, 1, "value", 0) == 19);

    /* One text makes the column text. */
    at_chunk mixed[] = {{"a=1\n", 0}, {"b=two\n", 1}};
    AT_CHECK(at_read(&host, "readings", "", mixed, 2) == ARTEMIS_OK);
    AT_CHECK(at_text_is(&host, 0, "value", 0, "1"));
    AT_CHECK(at_text_is(&host, 1, "value", 0, "two"));

    /* What does not convert is reported with its place. */
    at_chunk bad[] = {{"a=1\n", 0}, {"b=2\nnothing\n", 1}};
    AT_CHECK(at_read(&host, "readings", "", bad, 2) == ARTEMIS_OK);
    AT_CHECK(host.reject_count == 1);
    AT_CHECK(host.rejects[0].record == 2);
    AT_CHECK(host.rejects[0].offset == 8);
    host.on_reject = ARTEMIS_ACTION_STOP;
    AT_CHECK(at_read(&host, "readings", "", bad, 2) == ARTEMIS_STOPPED);

    /* The separator is a property. */
    at_set_text(&host, "separator", ":");
    at_chunk colon[] = {{"a: 1\n", 0}};
    AT_CHECK(at_read(&host, "readings", "", colon, 1) == ARTEMIS_OK);
    AT_CHECK(at_float(&host, 0, "value", 0) == 1);
    at_set_text(&host, "separator", "#");
    AT_CHECK(at_read(&host, "readings", "", colon, 1) == ARTEMIS_INVALID);

    return at_close(&host);
}
