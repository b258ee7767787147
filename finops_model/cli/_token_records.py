"""`finops prices tokens`, `image` and `end`: raw usage, images and commitments that end early, by dated prices and vendors' rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from ._answers import ExportOption, show
from ._shared import JsonOption

ModelOption = Annotated[
    str,
    typer.Option("--model", help="Of records that name none: gpt-5.4, anthropic/claude-opus-4-7."),
]
WhenOption = Annotated[
    str,
    typer.Option(
        "--when", help="Day YYYY-MM-DD of records that say none, where the price changed."
    ),
]


def with_tokens(prices: typer.Typer) -> typer.Typer:
    """The group `finops prices` with these commands."""
    prices.command("tokens")(tokens_command)
    prices.command("image")(image_command)
    prices.command("end")(end_command)
    return prices


def tokens_command(
    file: Annotated[
        Path,
        typer.Argument(
            help="Usage objects as the vendor's responses have them: a JSON list, or one a line."
        ),
    ],
    *,
    model: ModelOption = "",
    vendor: Annotated[
        str,
        typer.Option(
            help="Whose words they use: openai, anthropic, gemini, bedrock; default: seen from the words."
        ),
    ] = "",
    provider: Annotated[str, typer.Option(help="Who sells the model, where several do.")] = "",
    context: Annotated[str, typer.Option(help="How it was bought: batch, flex, priority.")] = "",
    when: WhenOption = "",
    discount: Annotated[
        float, typer.Option(help="Negotiated share off list prices, 0 to 1.")
    ] = 0.0,
    reasoning_apart: Annotated[
        bool,
        typer.Option(
            "--reasoning-apart", help="Reasoning stands beside completion_tokens, not within (xAI)."
        ),
    ] = False,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """What raw usage records cost: tokens and money by model and bucket; a record that cannot be priced is told.

    Example: [bold]finops prices tokens usage.jsonl --model gpt-5.4[/bold]
    """
    from ..decide.questions.tokens import of_records, read_records

    answer = of_records(
        read_records(file),
        model,
        vendor=vendor,
        provider=provider,
        context=context,
        when=when,
        discount=discount,
        reasoning_apart=reasoning_apart,
    )
    show(answer, as_json, export)


def image_command(
    model: Annotated[str, typer.Argument(help="The model that reads the image.")],
    size: Annotated[str, typer.Argument(help="Pixels: 1024x768.")],
    *,
    images: Annotated[float, typer.Option(help="How many of them.")] = 1.0,
    detail: Annotated[str, typer.Option(help="high or low, where the model has it.")] = "high",
    rule: Annotated[
        str, typer.Option(help="tiles, patches, anthropic or gemini; default: that of the model.")
    ] = "",
    when: WhenOption = "",
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """How many tokens an image is, and what it costs as input of a model.

    Example: [bold]finops prices image gpt-5 1024x1024 --images 10000[/bold]
    """
    from ..decide.questions.tokens import of_image

    width, _, height = size.lower().replace("×", "x").partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise InputError(f"'{size[:40]}' is no size of an image; write pixels, 1024x768.")
    answer = of_image(
        model, int(width), int(height), detail=detail, rule=rule, images=images, when=when
    )
    show(answer, as_json, export)


def end_command(
    kind: Annotated[
        str,
        typer.Argument(
            help="azure_reservation, aws_reserved_instance, aws_savings_plan, gcp_committed_use …"
        ),
    ],
    *,
    monthly: Annotated[float, typer.Option(help="Money a month.")],
    term: Annotated[float, typer.Option(help="Months of the term.")],
    passed: Annotated[float, typer.Option(help="Months that have passed.")],
    pool: Annotated[
        float | None,
        typer.Option(help="What may still be cancelled in the vendor's rolling window."),
    ] = None,
    fee: Annotated[
        float | None, typer.Option(help="Early termination fee, share of what is cancelled: 0.12.")
    ] = None,
    paid_upfront: Annotated[
        float, typer.Option(help="Share that was paid on the first day.")
    ] = 0.0,
    price_share: Annotated[
        float, typer.Option(help="Share of its remaining worth that a buyer pays.")
    ] = 1.0,
    currency: Annotated[str, typer.Option(help="Of the money.")] = "USD",
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """What ending a commitment early costs: kept, cancelled, exchanged or sold, as the vendor allows.

    Example: [bold]finops prices end azure_reservation --monthly 100 --term 36 --passed 12[/bold]
    """
    from ..decide.commitments.ending import of_ending

    answer = of_ending(
        kind,
        monthly,
        term,
        passed,
        pool=pool,
        fee_share=fee,
        paid_upfront=paid_upfront,
        price_share=price_share,
        currency=currency,
    )
    show(answer, as_json, export)
