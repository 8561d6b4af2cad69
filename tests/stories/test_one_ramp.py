"""Story One: the preview says who would be liquidated, and an alternative is chosen."""

from tests.stories.business import (
    BELOW_MAINTENANCE,
    apply,
    facts,
    propose_raise,
    shown,
    sign,
    state,
    token,
    wait_for_state,
)

CONTRACT = "PF_XBTUSD"

PARTS = ["alternatives", "play-out", "shocks"]


def test_the_operator_takes_the_ramp_and_another_person_signs_it(desk):
    operator = desk.sit_down("operator")

    number = propose_raise(operator, CONTRACT)
    assert shown(operator, BELOW_MAINTENANCE) > 0
    assert operator.locator("text=liquidation").count() > 0
    hurt_at_once = shown(operator, BELOW_MAINTENANCE)

    operator.get_by_role("button", name="Choose: A ramp").click()
    operator.get_by_text(f"CH-{number} is now previewed").wait_for()
    assert shown(operator, BELOW_MAINTENANCE) < hurt_at_once
    assert len(facts(operator, number)["steps"]) == 4

    own = operator.get_by_role("button", name="Approve")
    assert own.is_disabled()
    assert "the proposer cannot sign their own change" in operator.content()
    forged = operator.request.post(
        f"/changes/{number}/moves/approve",
        form={
            "csrfmiddlewaretoken": token(operator),
            "fingerprint": facts(operator, number)["change"]["fingerprint"],
        },
        headers={"Accept": "application/json"},
    )
    assert forged.status == 403
    assert facts(operator, number)["change"]["state"] == "previewed"

    risk = desk.sit_down("risk")
    sign(risk, number)
    assert state(risk) == "approved"

    apply(operator, number)
    assert wait_for_state(operator, number, "scheduled", "verified") == "scheduled"
    told = facts(operator, number)
    assert told["steps"][0]["state"] == "verified"
    assert [step["state"] for step in told["steps"][1:]] == ["waiting"] * 3
    assert shown(operator, BELOW_MAINTENANCE, "Actual") <= shown(
        operator, BELOW_MAINTENANCE, "Ceiling"
    )

    operator.goto(f"/markets/{CONTRACT}")
    first = operator.get_by_role("row").filter(has_text="all clients").first
    assert "4 %" in first.inner_text() and "1 %" in first.inner_text()

    auditor = desk.sit_down("auditor")
    auditor.goto(f"/audit?q=CH-{number}")
    assert auditor.get_by_text("chain verified").is_visible()
    rows = auditor.locator("tbody tr").all_inner_texts()
    told = [row for row in reversed(rows) if "(its " not in row and "(read back)" not in row]
    deeds = [row.split("\t")[3].split()[0] for row in told]
    slow = [part for part in PARTS if any(f"(its {part})" in row for row in rows)]
    assert slow == PARTS, "what follows a preview is in the audit as well"
    assert deeds[:4] == ["propose", "preview", "edit", "preview"]
    assert deeds[-3:] == ["apply", "apply", "verify"]
    assert "approve" in deeds[4:-3]
    assert any("refused" in row and "the proposer cannot sign" in row for row in rows)


def test_a_viewer_sees_no_button_that_would_be_refused_and_a_forged_request_is_recorded(desk):
    operator = desk.sit_down("operator")
    number = propose_raise(operator, "PF_XRPUSD")

    viewer = desk.sit_down("viewer")
    viewer.goto(f"/changes/{number}")
    assert viewer.locator("main form").count() == 0
    assert viewer.get_by_role("heading", name="Most affected accounts").count() == 0
    viewer.goto("/markets/PF_XRPUSD")
    assert viewer.get_by_role("link", name="Change margin schedule").count() == 0
    assert viewer.goto("/changes/propose").status == 403

    for address in (f"/changes/{number}/moves/withdraw", "/changes/propose"):
        viewer.goto("/")
        forged = viewer.request.post(
            address,
            form={"csrfmiddlewaretoken": token(viewer), "kind": "margin_schedule", "market": "1"},
            headers={"Accept": "application/json"},
        )
        assert forged.status == 403
    without_token = viewer.request.post(f"/changes/{number}/moves/withdraw", form={})
    assert without_token.status == 403
    desk.complaints.clear()

    auditor = desk.sit_down("auditor")
    auditor.goto("/audit?q=viewer")
    rows = [row for row in auditor.locator("tbody tr").all_inner_texts() if "refused" in row]
    assert any("withdraw" in row for row in rows)
    assert any("/changes/propose" in row for row in rows)
    assert any("does not come from a page of this console" in row for row in rows)
