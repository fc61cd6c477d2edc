"""`geacc-proxy cert`: the certificate that devices have to trust. The key is never shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from geacc_proxy.gateways.mitm.authority import Authority

app = typer.Typer(help="Show or export the certificate that devices have to trust.", no_args_is_help=True)
_StateDir = Annotated[Path | None, typer.Option("--state-dir", help="Where all that must survive lies.")]


@app.command()
def show(state_dir: _StateDir = None) -> None:
    """Print the certificate's name, validity and fingerprint."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    authority = _authority(state_dir)
    certificate = x509.load_pem_x509_certificate(authority.certificate_pem)
    typer.echo(f"Name         {certificate.subject.rfc4514_string()}")
    typer.echo(f"Valid until  {certificate.not_valid_after_utc:%Y-%m-%d}")
    typer.echo(f"SHA-256      {certificate.fingerprint(SHA256()).hex(':').upper()}")
    typer.echo(f"File         {authority.certificate_file}")


@app.command()
def export(
    output: Annotated[Path | None, typer.Argument(help="A file to write; standard output without it.")] = None,
    state_dir: _StateDir = None,
) -> None:
    """Write the certificate as PEM."""
    from geacc_proxy.exceptions import GeaccError

    pem = _authority(state_dir).certificate_pem
    if output is None:
        typer.echo(pem.decode("ascii"), nl=False)
        return
    try:
        output.write_bytes(pem)
    except OSError as error:
        raise GeaccError(f"cannot write {output}: {error.strerror}") from error


def _authority(state_dir: Path | None) -> Authority:
    from geacc_proxy.gateways.mitm.authority import open_authority
    from geacc_proxy.settings import prepare_state_directory, state_directory

    return open_authority(prepare_state_directory(state_directory(state_dir)) / "ca")
