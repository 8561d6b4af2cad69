"""What compiles the engine goes through its doors: it trades, reads and rehearses."""

from pilothouse.simulation import compiling


def test_the_tiny_exchange_really_trades_and_is_rehearsed(monkeypatch):
    seen = {}
    read, rehearse = compiling._read, compiling._rehearse

    def keep(machine):
        seen["positions"] = int(machine.state.exchange[0]["positions_used"])
        seen["orders"] = int(machine.state.exchange[0]["orders_open"])
        read(machine)

    def ask(machine):
        rehearse(machine)
        seen["rehearsed"] = True

    monkeypatch.setattr(compiling, "_read", keep)
    monkeypatch.setattr(compiling, "_rehearse", ask)
    compiling.compile_engine()
    assert seen["positions"] >= 2 and seen["orders"] == 0 and seen["rehearsed"]
