"""Real models behind real queues."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from serving.inference.engine import QueuePolicy, open_engine
from serving.inference.engine_source import EngineSource
from serving.inference.plan import ModelPlan
from serving.inference.queue import InferenceQueue
from serving.inference.workers import WorkerPool
from serving.observe.metrics import ServerMetrics
from slipway.onnx.session import OnnxModel
from tests.support.inference_replies import RowsWriter
from tests.support.plain_models import save
from tests.support.queued_model import QueuedModel, WatchedRunner


@pytest.fixture
def serve(tmp_path):
    """Serve a model on the loop, or on workers; at the end every request must have been answered."""

    @asynccontextmanager
    async def serve(model, *, heavy=False, workers=1, example=None, joins=None, ready_jobs=0, **policy):
        path = save(tmp_path / "model.onnx", model)
        plan = ModelPlan.of(OnnxModel.open(path).signature)
        policy = QueuePolicy(**{"inline_seconds": 0.0 if heavy else 60.0, "joined_seconds": 600.0, **policy})
        source = EngineSource(path, plan, example, path.stat().st_size)
        engine = open_engine(source, threads=1, cores=2, policy=policy)
        watched = WatchedRunner(engine.runner)
        engine = replace(engine, runner=watched, joins=engine.joins if joins is None else joins)
        metrics = ServerMetrics().for_model("m", "7", "sha256:ab", plan, None)
        pool = WorkerPool(workers, asyncio.get_running_loop(), ready_jobs=ready_jobs)
        queue = InferenceQueue(engine, pool, metrics, policy)
        try:
            yield QueuedModel(plan, queue, watched, metrics, RowsWriter())
            await asyncio.wait_for(queue.close(), 20)
            assert queue.depth == 0
        finally:
            watched.gate.set()
            pool.close()

    return serve
