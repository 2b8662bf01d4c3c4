"""Intake: what is delivered is landed, checked against its contract, written to the lake and entered in the ledger."""
