"""A GPU that exists on paper: streams, events and a host clock, behind the names of `torch` that a timer uses.

Nothing takes real time. A launch costs the host a while and its stream a while; a stream works when both it and the
host have come so far, as on a real device.
"""

import contextlib
import types

FLUSH_US = 70.0
EVENT_HOST_US = 1.0


class SimulatedGPU:
    """Clocks in microseconds."""

    def __init__(self):
        self.host = 0.0
        self.free = {}
        self.current = self.make_stream()
        self.launches = 0

    def make_stream(self):
        stream = types.SimpleNamespace()
        self.free[id(stream)] = 0.0
        stream.wait_stream = lambda other: self._wait(stream, self.free[id(other)])
        stream.wait_event = lambda event: self._wait(stream, event.time)
        return stream

    def _wait(self, stream, until):
        self.free[id(stream)] = max(self.free[id(stream)], until)

    def launch(self, duration, host_cost):
        """Queues a kernel on the current stream."""
        self.launches += 1
        self.host += host_cost
        self.free[id(self.current)] = max(self.free[id(self.current)], self.host) + duration

    def synchronize(self):
        self.host = max(self.host, *self.free.values())

    @contextlib.contextmanager
    def on(self, stream):
        before, self.current = self.current, stream
        yield
        self.current = before

    def make_event(self, enable_timing):
        event = types.SimpleNamespace(time=None)

        def record():
            self.host += EVENT_HOST_US
            event.time = max(self.free[id(self.current)], self.host)

        event.record = record
        event.query = lambda: event.time <= self.host
        event.elapsed_time = lambda later: (later.time - event.time) / 1000
        return event

    def torch(self):
        """What stands for the module."""
        cuda = types.SimpleNamespace(
            Event=self.make_event, Stream=self.make_stream, stream=self.on, synchronize=self.synchronize,
            current_stream=lambda: self.current,
            get_device_properties=lambda index: types.SimpleNamespace(L2_cache_size=50 << 20),
        )
        buffer = types.SimpleNamespace(zero_=lambda: self.launch(FLUSH_US, 3.0))
        module = types.ModuleType("torch")
        module.cuda, module.uint8 = cuda, None
        module.empty = lambda count, dtype, device: buffer
        return module
