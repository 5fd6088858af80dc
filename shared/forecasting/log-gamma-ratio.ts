// How the gamma function grows between a real point and a complex one: the factor that Mellin transforms of counts and
// rates are made of.

/** From here on Stirling's series with four terms is exact to about 1e-13. */
const STIRLING_FROM = 16;

/** A complex number that the callee fills in: kernels allocate nothing. */
export interface Complex {
  re: number;
  im: number;
}

/**
 * ln(Gamma(a + t) / Gamma(a)), up to a multiple of 2 pi i, which its exponential does not see.
 *
 * Stirling's series after a shift by the recurrence (Abramowitz and Stegun 6.1.41 and 6.1.15). The large terms are
 * cancelled by hand, so that it keeps its digits where `a` is so large that ln Gamma has none left.
 * @param a above 0
 * @param re real part of t, above -a
 * @param im imaginary part of t
 */
export function logGammaRatio(a: number, re: number, im: number, out: Complex): void {
  // Gamma(a + t) / Gamma(a) = Gamma(a + k + t) / Gamma(a + k) x product of (a + i) / (a + i + t), i below k.
  let [productRe, productIm] = [1, 0];
  let base = a;
  while (base < STIRLING_FROM || base + re < STIRLING_FROM) {
    const denominatorRe = base + re;
    const size = denominatorRe * denominatorRe + im * im;
    const [factorRe, factorIm] = [(base * denominatorRe) / size, (-base * im) / size];
    [productRe, productIm] = [productRe * factorRe - productIm * factorIm, productRe * factorIm + productIm * factorRe];
    base += 1;
  }
  const [wRe, wIm] = [re / base, im / base];
  const logRe = 0.5 * Math.log1p(2 * wRe + wRe * wRe + wIm * wIm);
  const logIm = Math.atan2(wIm, 1 + wRe);
  const halfPast = base + re - 0.5;
  const logBase = Math.log(base);
  const sumRe = halfPast * logRe - im * logIm + re * (logBase - 1);
  const sumIm = halfPast * logIm + im * logRe + im * (logBase - 1);
  stirling(base + re, im, out);
  const [topRe, topIm] = [out.re, out.im];
  stirling(base, 0, out);
  out.re = sumRe + topRe - out.re + 0.5 * Math.log(productRe * productRe + productIm * productIm);
  out.im = sumIm + topIm + Math.atan2(productIm, productRe);
}

/** The series in 1/z of ln Gamma. */
function stirling(re: number, im: number, out: Complex): void {
  const size = re * re + im * im;
  const [inverseRe, inverseIm] = [re / size, -im / size];
  const [squareRe, squareIm] = [inverseRe * inverseRe - inverseIm * inverseIm, 2 * inverseRe * inverseIm];
  let [sumRe, sumIm] = [-1 / 1680, 0];
  for (const term of STIRLING_TERMS) {
    [sumRe, sumIm] = [sumRe * squareRe - sumIm * squareIm + term, sumRe * squareIm + sumIm * squareRe];
  }
  out.re = sumRe * inverseRe - sumIm * inverseIm;
  out.im = sumRe * inverseIm + sumIm * inverseRe;
}

const STIRLING_TERMS = [1 / 1260, -1 / 360, 1 / 12];
