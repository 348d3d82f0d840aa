"""What people decide about a running loan's every day: call it, charge a fee, raise the penalty rate, set its class."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from loanstream.runtime.http.inputs import NonNegativeMoney, ShortText
from loanstream.runtime.kit import Principal, ServiceKit
from schemas.fields import Code, IsoDate
from schemas.servicing.commands import AccelerateLoan, ChargeFee, RaisePenaltyRate, SetAssetClass
from schemas.terms import AssetClass
from services.servicing.domain.loan.daily.acceleration import PERMISSION as ACCELERATE
from services.servicing.domain.loan.daily.classify import PERMISSION as CLASSIFY
from services.servicing.domain.loan.daily.fees import PERMISSION as CHARGE_FEE
from services.servicing.domain.loan.daily.penalty_rate import PERMISSION as RAISE_PENALTY


class Acceleration(BaseModel):
    """Why the loan is called, and the notice that was served."""

    model_config = ConfigDict(extra="forbid")

    reason: ShortText
    notice: Annotated[ShortText, Field(description="reference of the notice served on the borrower")]
    notified_on: IsoDate


class Misuse(BaseModel):
    """Since when funds were misused, and the finding that says so."""

    model_config = ConfigDict(extra="forbid")

    since: IsoDate
    reference: ShortText


class Fee(BaseModel):
    """A charge of the signed cost table."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[Code, Field(description="its row in the signed cost table")]
    amount: NonNegativeMoney
    reason: ShortText
    due_date: IsoDate | None = None


class Classification(BaseModel):
    """The class to put the loan into, and why."""

    model_config = ConfigDict(extra="forbid")

    asset_class: AssetClass
    reason: ShortText
    technical: bool = False


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of the daily rules."""
    router = APIRouter()
    _claims(router, kit)
    _standing(router, kit)
    return router


def _claims(router: APIRouter, kit: ServiceKit) -> None:
    caller, charger = Depends(kit.require(ACCELERATE)), Depends(kit.require(CHARGE_FEE))

    @router.post("/loans/{loan_id}/acceleration")
    async def accelerate(request: Request, loan_id: str, body: Acceleration, principal: Principal = caller) -> Response:
        """Call the loan 提前到期: everything is due on the open day; overdue interest then runs on the whole balance."""
        command = AccelerateLoan(reason=body.reason, notice=body.notice, notified_on=body.notified_on)
        return await kit.submit(request, principal, "accelerate", loan_id, command)

    @router.post("/loans/{loan_id}/fees")
    async def charge(request: Request, loan_id: str, body: Fee, principal: Principal = charger) -> Response:
        """Charge a fee or a cost 收费: refused unless the signed cost table has it, and cut where a cap leaves no room."""
        command = ChargeFee(code=body.code, amount=body.amount, reason=body.reason, due_date=body.due_date)
        return await kit.submit(request, principal, "charge-fee", loan_id, command)


def _standing(router: APIRouter, kit: ServiceKit) -> None:
    raiser, classifier = Depends(kit.require(RAISE_PENALTY)), Depends(kit.require(CLASSIFY))

    @router.post("/loans/{loan_id}/misuse")
    async def misuse(request: Request, loan_id: str, body: Misuse, principal: Principal = raiser) -> Response:
        """Charge the heavier penalty rate agreed for misused funds 挪用 from the day of the misuse on."""
        command = RaisePenaltyRate(since=body.since, reference=body.reference)
        return await kit.submit(request, principal, "raise-penalty", loan_id, command)

    @router.post("/loans/{loan_id}/class")
    async def classify(
        request: Request, loan_id: str, body: Classification, principal: Principal = classifier
    ) -> Response:
        """Set the five-category class 五级分类: worse at once, better only after arrears are paid and payments were punctual."""
        command = SetAssetClass(asset_class=body.asset_class, reason=body.reason, technical=body.technical)
        return await kit.submit(request, principal, "set-class", loan_id, command)
