"""Log lines as a person reads them."""

from slipway.cluster.log_lines import spoken


def test_of_a_json_line_only_the_message_is_left():
    lines = ['{"level": "error", "message": "no model"}\n', "", "plain  \n", "[1, 2]", '{"level": "x"}', "y" * 400]

    assert spoken(lines) == ["no model", "plain", "[1, 2]", '{"level": "x"}', "y" * 300]
