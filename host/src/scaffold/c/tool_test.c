/* The tool in a host in memory: `make test`. */
#include "artemis_test.h"

int main(int argc, char **argv) {
    at_host host;
    at_open(&host, argc > 1 ? argv[1] : "build/libmy_plugin.so");

    const char *names[] = {"Zo\xc3\xab", NULL, "Oslo"};
    int64_t numbers[] = {1, 2, 3};
    at_input in;
    memset(&in, 0, sizeof in);
    at_texts(&in, "name", names, 3);
    at_ints(&in, "n", numbers, NULL, 3);

    /* ASCII letters are turned and everything else stays. */
    AT_CHECK(at_run_tool(&host, "letters", &in) == ARTEMIS_OK);
    AT_CHECK(at_rows(&host, 0) == 3);
    AT_CHECK(at_text_is(&host, 0, "name", 0, "ZO\xc3\xab"));
    AT_CHECK(at_is_null(&host, 0, "name", 1));
    AT_CHECK(at_text_is(&host, 0, "name", 2, "OSLO"));
    AT_CHECK(at_int(&host, 0, "n", 2) == 3);
    AT_CHECK(at_format(&host, "name")[0] == 'u');

    /* The style is a property. */
    at_set_text(&host, "style", "lower");
    AT_CHECK(at_run_tool(&host, "letters", &in) == ARTEMIS_OK);
    AT_CHECK(at_text_is(&host, 0, "name", 2, "oslo"));

    /* A batch without rows, and one without columns. */
    in.rows = 0;
    AT_CHECK(at_run_tool(&host, "letters", &in) == ARTEMIS_OK);
    AT_CHECK(at_rows(&host, 0) == 0);
    in.count = 0;
    AT_CHECK(at_run_tool(&host, "letters", &in) == ARTEMIS_OK);

    return at_close(&host);
}
