"""Perfetto timelines, read with the schema of the `perfetto` package, hold what the trace file holds."""

import collections
import os
import pathlib

import h5py
import numpy
import pytest

schema = pytest.importorskip(
    "perfetto.protos.perfetto.trace.perfetto_trace_pb2", reason="the perfetto package is not installed")
unknown_fields = pytest.importorskip("google.protobuf.unknown_fields")

CATEGORIES = [
    "parameters", "gradients", "optimizer", "activations", "recompute", "gathered", "communication", "workspace",
    "context",
]


def named(variable):
    """The file a variable names."""
    name = os.environ.get(variable)
    if not name:
        pytest.skip(f"{variable} names no file")
    return pathlib.Path(name)


@pytest.fixture(scope="module", params=["GALVASIM_PERFETTO", "GALVASIM_SHARED_PERFETTO"])
def pair(request):
    """A timeline, and the trace of the same run."""
    traces = {"GALVASIM_PERFETTO": "GALVASIM_TRACE", "GALVASIM_SHARED_PERFETTO": "GALVASIM_SHARED_TRACE"}
    message = schema.Trace()
    message.ParseFromString(named(request.param).read_bytes())
    with h5py.File(named(traces[request.param])) as file:
        yield Timeline(message), file


class Timeline:
    """Tracks, slices, counters and instants, rebuilt as the trace processor does it."""

    def __init__(self, message):
        self.message = message
        self.tracks = {}
        self.slices = []
        self.counters = collections.defaultdict(list)
        self.instants = []
        texts = collections.defaultdict(dict)
        stacks = collections.defaultdict(list)
        for packet in message.packet:
            for field in ("event_categories", "event_names", "debug_annotation_names", "debug_annotation_string_values"):
                for entry in getattr(packet.interned_data, field):
                    text = entry.name if hasattr(entry, "name") else entry.str.decode()
                    assert texts[field].setdefault(entry.iid, text) == text
            if packet.HasField("track_descriptor"):
                assert packet.track_descriptor.uuid not in self.tracks
                self.tracks[packet.track_descriptor.uuid] = packet.track_descriptor
            if not packet.HasField("track_event"):
                continue
            event = packet.track_event
            assert event.track_uuid in self.tracks, "an event before its track is described"
            if event.type == event.TYPE_COUNTER:
                value = event.counter_value if event.HasField("counter_value") else event.double_counter_value
                self.counters[event.track_uuid].append((packet.timestamp, value))
                continue
            details = {}
            for note in event.debug_annotations:
                value = note.WhichOneof("value")
                found = getattr(note, value)
                key = texts["debug_annotation_names"][note.name_iid]
                details[key] = texts["debug_annotation_string_values"][found] if value == "string_value_iid" else found
            if event.type == event.TYPE_SLICE_BEGIN:
                stacks[event.track_uuid].append(len(self.slices))
                self.slices.append({
                    "track": event.track_uuid, "start": packet.timestamp, "details": details,
                    "name": texts["event_names"][event.name_iid],
                    "category": texts["event_categories"][event.category_iids[0]],
                    "flows": list(event.flow_ids), "last_flows": list(event.terminating_flow_ids),
                })
            elif event.type == event.TYPE_SLICE_END:
                part = self.slices[stacks[event.track_uuid].pop()]
                part["end"] = packet.timestamp
                part["last_flows"] += event.terminating_flow_ids
            else:
                assert event.type == event.TYPE_INSTANT
                self.instants.append((event.track_uuid, event.name, packet.timestamp, details))
        assert not any(stacks.values()), "a slice without an end"

    def path(self, track):
        """Names from the top down to a track."""
        names = []
        while track:
            names.append(self.tracks[track].name)
            track = self.tracks[track].parent_uuid
        return names[::-1]


def test_schema_knows_every_field(pair):
    timeline, _ = pair
    for packet in timeline.message.packet:
        for message in (packet, packet.track_event, packet.track_descriptor, packet.interned_data):
            assert len(unknown_fields.UnknownFieldSet(message)) == 0
    assert all(packet.trusted_packet_sequence_id == 1 for packet in timeline.message.packet)
    assert timeline.message.packet[0].sequence_flags == 1


def test_slices_are_the_events_of_the_trace(pair):
    timeline, file = pair
    events = file["events"]
    kinds = h5py.check_enum_dtype(events["kind"].dtype)
    shown = numpy.flatnonzero(events["kind"][()] != kinds["marker"])
    rows = [part["details"]["event"] for part in timeline.slices]
    assert sorted(rows) == shown.tolist()
    starts, durations = events["start"][()], events["duration"][()]
    assert [part["start"] for part in timeline.slices] == starts[rows].tolist()
    assert [part["end"] - part["start"] for part in timeline.slices] == durations[rows].tolist()
    for column in ("kind", "stream"):
        names = {value: name for name, value in h5py.check_enum_dtype(events[column].dtype).items()}
        found = [part["name" if column == "kind" else "category"] for part in timeline.slices]
        assert found == [names[value] for value in events[column][()][rows]]
    texts = file["dictionaries/event_name"].asstr()[()]
    assert [part["details"]["name"] for part in timeline.slices] == texts[events["name"][()]][rows].tolist()
    layers = [part["details"].get("layer", -1) for part in timeline.slices]
    assert layers == events["layer"][()][rows].tolist()


def test_tracks_go_from_cluster_to_stream(pair):
    timeline, file = pair
    nodes = dict(zip(file["rank"][()], file["rank_summary/node"][()]))
    stages = dict(zip(file["rank"][()], file["rank_summary/stage"][()]))
    ranks = file["events/rank"][()]
    for part in timeline.slices:
        rank = ranks[part["details"]["event"]]
        cluster, node, device, stream = timeline.path(part["track"])
        assert "GPUs" in cluster and node == f"node {nodes[rank]}" and stream == part["category"]
        assert device.startswith(f"rank {rank} · stage {stages[rank]}")
    ordered = [track for track in timeline.tracks.values() if track.parent_uuid]
    places = [(track.parent_uuid, track.sibling_order_rank) for track in ordered]
    assert len(set(places)) == len(places)


def test_arrows_lead_from_sends_to_receives_and_across_collectives(pair):
    timeline, _ = pair
    begun, ended = collections.defaultdict(list), collections.defaultdict(list)
    for part in timeline.slices:
        for flow in part["flows"]:
            begun[flow].append(part)
        for flow in part["last_flows"]:
            ended[flow].append(part)
    receives = [part for part in timeline.slices if part["name"] == "receive"]
    assert receives and sum(map(len, ended.values())) == len(receives)
    for flow, (receive,) in ended.items():
        (send,) = begun[flow]
        assert send["name"] == "send" and send["start"] <= receive["start"] and send["end"] <= receive["end"]
        assert send["details"]["micro-batch"] == receive["details"]["micro-batch"]
        assert send["start"] < receive["end"], "the reader would drop the arrow"
    for flow, members in begun.items():
        if flow in ended:
            continue
        assert len({part["start"] for part in members}) == 1 and len({part["name"] for part in members}) == 1
        assert 1 < len(members) <= members[0]["details"]["ranks"]


def test_counters_reach_the_peaks_beside_the_capacity(pair):
    timeline, file = pair
    peaks = dict(zip(file["rank"][()], file["rank_summary/peak_memory"][()]))
    capacities = dict(zip(file["rank"][()], file["memory/capacity"][()]))
    byte_counters = collections.defaultdict(dict)
    for track, values in timeline.counters.items():
        assert [time for time, _ in values] == sorted(time for time, _ in values)
        descriptor = timeline.tracks[track]
        if timeline.tracks[descriptor.parent_uuid].name == "memory":
            assert descriptor.counter.unit == descriptor.counter.UNIT_SIZE_BYTES
            device = timeline.path(track)[-3]
            byte_counters[int(device.split()[1])][descriptor.name] = [value for _, value in values]
    assert byte_counters.keys() == peaks.keys()
    for rank, counters in byte_counters.items():
        assert max(counters["held"]) == peaks[rank]
        assert set(counters["capacity"]) == {capacities[rank]}
        assert set(counters) <= {"held", "capacity", *CATEGORIES}


def test_links_carry_what_the_trace_says(pair):
    timeline, file = pair
    shown = {
        timeline.tracks[track].name.split(" (x")[0]: values for track, values in timeline.counters.items()
        if timeline.tracks[timeline.tracks[track].parent_uuid].name == "network"
    }
    if "network" not in file:
        assert not shown
        return
    use = file["network/utilization"][()]
    names = file["network/link"].asstr()[()]
    assert set(shown) == {name for name, row in zip(names, use) if row.any()}
    for name, row in zip(names, use):
        if row.any():
            assert max(value for _, value in shown[name]) == pytest.approx(row.max() * 100)


def test_trace_processor_counts_the_slices(pair):
    timeline, _ = pair
    processor = pytest.importorskip("perfetto.trace_processor")
    try:
        opened = processor.TraceProcessor(trace=timeline.message.SerializeToString())
    except Exception as error:  # The package fetches its program from the network.
        pytest.skip(f"trace_processor_shell cannot be had here: {type(error).__name__}")
    with opened:
        assert next(iter(opened.query("select count(*) as n from slice"))).n >= len(timeline.slices)
        assert next(iter(opened.query("select count(*) as n from flow"))).n > 0


def test_conditions_and_failures_are_marked():
    message = schema.Trace()
    message.ParseFromString(named("GALVASIM_FAILED_PERFETTO").read_bytes())
    timeline = Timeline(message)
    marks = {name.split(":")[0]: timeline.path(track) for track, name, _, _ in timeline.instants}
    assert any(name.startswith("OOM rank") for name in marks)
    details = [details for _, name, _, details in timeline.instants if name.startswith("OOM")]
    assert all(found["requested"] > 0 for found in details)
