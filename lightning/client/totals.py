"""Does the server's money add up?"""

from lightning.decimals import to_units
from lightning.pb.v1 import admin_pb2, market_data_pb2
from lightning.pb.v1.admin_pb2_grpc import AdminStub
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub

CALL_TIMEOUT_S = 30.0


def not_conserved(market_data: MarketDataStub, admin: AdminStub) -> list[str]:
    """Currencies, by name, of which there is not as much as was paid in and not paid out."""
    currency_request = market_data_pb2.ListCurrenciesRequest()
    response = market_data.ListCurrencies(currency_request, timeout=CALL_TIMEOUT_S)
    currencies = {currency.currency_id: currency for currency in response.currencies}
    names: list[str] = []
    for totals in admin.GetTotals(admin_pb2.GetTotalsRequest(), timeout=CALL_TIMEOUT_S).totals:
        currency = currencies[totals.currency_id]
        available, held, fees, deposited, withdrawn = (
            to_units(text, currency.scale)
            for text in (totals.available, totals.held, totals.fees, totals.deposited, totals.withdrawn)
        )
        if available + held + fees != deposited - withdrawn:
            names.append(currency.name)
    return names
