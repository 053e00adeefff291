import subprocess
import sys

CHECK = """
import os, sys
from slipway.cli.kfp_import import import_kfp
{before}
kfp = import_kfp()
{after}
"""


def check(after, before=""):
    code = CHECK.format(before=before, after=after)
    subprocess.run([sys.executable, "-c", code], check=True)


def test_kubernetes_client_is_left_out_and_components_are_not():
    check("from kfp import dsl; assert dsl.component and dsl.pipeline; assert 'kubernetes' not in sys.modules")


def test_switch_is_set_for_the_import_alone():
    check("assert '_KFP_RUNTIME' not in os.environ")
    check("assert os.environ['_KFP_RUNTIME'] == 'false'", before="os.environ['_KFP_RUNTIME'] = 'false'")


def test_what_was_left_out_comes_when_asked_for():
    check("assert kfp.dsl.component; assert kfp.components; assert kfp.Client.__name__ == 'Client'")
    check("from kfp import Client; assert Client")
    check("assert not hasattr(kfp, 'anything_else')")


def test_kfp_that_is_there_already_is_returned_as_it_is():
    check("assert kfp is whole; assert 'kfp.client' in sys.modules", before="import kfp as whole")
