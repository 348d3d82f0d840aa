"""Schedules 还款计划: due dates, rate factors, and the plan that payments and disbursements change from their date on."""
