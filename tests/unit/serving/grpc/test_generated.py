from serving.grpc.protos.generate import main


def test_the_generated_modules_are_what_their_sources_say():
    assert main(["--check"]) == 0
