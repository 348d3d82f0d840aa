"""Incoming money: one aggregate a bank reference, until every unit of it is accounted for."""
