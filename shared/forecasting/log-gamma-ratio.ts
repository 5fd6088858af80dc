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
 * ln(Gamma(a + t) / Gamma(a)), up to a multiple of 2 pi i, which its exponential does not see, along a line of t: what depends
 * on `a` alone is computed once.
 *
 * Stirling's series after a shift by the recurrence (Abramowitz and Stegun 6.1.41 and 6.1.15). The large terms are
 * cancelled by hand, so that it keeps its digits where `a` is so large that ln Gamma has none left.
 * @param a above 0
 * @param re real part of t, above -a
 * @returns its value for an imaginary part of t
 */
export function logGammaRatio(a: number, re: number): (im: number, out: Complex) => void {
  let base = a;
  while (base < STIRLING_FROM || base + re < STIRLING_FROM) base += 1;
  const logBase = Math.log(base) - 1;
  const low: Complex = { re: 0, im: 0 };
  stirling(base, 0, low);
  const lowRe = low.re;
  const wRe = re / base;
  const halfPast = base + re - 0.5;
  return (im, out) => {
    const wIm = im / base;
    const logRe = 0.5 * Math.log1p(2 * wRe + wRe * wRe + wIm * wIm);
    const logIm = Math.atan2(wIm, 1 + wRe);
    stirling(base + re, im, out);
    out.re += halfPast * logRe - im * logIm + re * logBase - lowRe;
    out.im += halfPast * logIm + im * logRe + im * logBase;
    if (base > a) addShift(a, base, re, im, out);
  };
}

/** Gamma(a + t) / Gamma(a) = Gamma(base + t) / Gamma(base) x product of (a + i) / (a + i + t), a + i below base. */
function addShift(a: number, base: number, re: number, im: number, out: Complex): void {
  let productRe = 1;
  let productIm = 0;
  for (let at = a; at < base; at += 1) {
    const denominatorRe = at + re;
    const size = denominatorRe * denominatorRe + im * im;
    const factorRe = (at * denominatorRe) / size;
    const factorIm = (-at * im) / size;
    const nextRe = productRe * factorRe - productIm * factorIm;
    productIm = productRe * factorIm + productIm * factorRe;
    productRe = nextRe;
  }
  out.re += 0.5 * Math.log(productRe * productRe + productIm * productIm);
  out.im += Math.atan2(productIm, productRe);
}

/** The series in 1/z of ln Gamma, to the term of z^-7. */
function stirling(re: number, im: number, out: Complex): void {
  const size = re * re + im * im;
  const inverseRe = re / size;
  const inverseIm = -im / size;
  const squareRe = inverseRe * inverseRe - inverseIm * inverseIm;
  const squareIm = 2 * inverseRe * inverseIm;
  const thirdRe = -squareRe / 1680 + 1 / 1260;
  const thirdIm = -squareIm / 1680;
  const secondRe = thirdRe * squareRe - thirdIm * squareIm - 1 / 360;
  const secondIm = thirdRe * squareIm + thirdIm * squareRe;
  const firstRe = secondRe * squareRe - secondIm * squareIm + 1 / 12;
  const firstIm = secondRe * squareIm + secondIm * squareRe;
  out.re = firstRe * inverseRe - firstIm * inverseIm;
  out.im = firstRe * inverseIm + firstIm * inverseRe;
}
