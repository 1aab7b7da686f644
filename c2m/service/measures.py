"""What a service counts of itself, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Measures:
    """Counters of one app; they name routes, never what was asked for."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "c2m_requests", "Requests.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "c2m_request_seconds",
            "From the first byte of a request to its answer.",
            ["route"],
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.series = Counter(
            "c2m_forecast_series", "Series asked for.", ["outcome"], registry=self.registry
        )
        self.loads = Counter("c2m_model_loads", "Models read.", ["outcome"], registry=self.registry)
        self.model = Gauge(
            "c2m_model_loaded_seconds",
            "When the model that answers was loaded, in seconds since 1970.",
            ["model_id", "data_as_of"],
            registry=self.registry,
        )
        self.plans = Counter("c2m_plans", "Plans that ended.", ["outcome"], registry=self.registry)
        self.waiting = Gauge("c2m_plans_waiting", "Plans that wait.", registry=self.registry)
        self.running = Gauge("c2m_plans_running", "Plans being made.", registry=self.registry)
