# The statistics of gait::compare in base R. Usage: Rscript against_r.R DATA RESULTS
# DATA: lines "set name value value ..."; RESULTS: lines "set.statistic value".
args <- commandArgs(TRUE)
lines <- strsplit(readLines(args[1]), " ", fixed = TRUE)
sets <- list()
for (l in lines) sets[[l[1]]][[l[2]]] <- as.numeric(l[-(1:2)])
out <- file(args[2], "w")
options(warn = -1)

lambda <- function(t, df, p) {
  w <- 5 + abs(t) / sqrt(df) * 5
  uniroot(function(l) pt(t, df, l) - p, c(t - w, t + w), tol = 1e-13, maxiter = 5000)$root
}
hedges <- function(df) exp(lgamma(df / 2) - log(df / 2) / 2 - lgamma((df - 1) / 2))
signs <- function(n) as.matrix(expand.grid(rep(list(c(1, -1)), n)))
bca <- function(theta, est, x, f) {
  tol <- 1e-9 * diff(range(theta))
  equal <- abs(theta - est) <= tol
  z0 <- qnorm((sum(theta < est & !equal) + sum(equal) / 2) / length(theta))
  jack <- sapply(seq_along(x), function(i) f(x[-i]))
  u <- mean(jack) - jack
  a <- sum(u^3) / (6 * sum(u^2)^1.5)
  z <- z0 + qnorm(c(.025, .975))
  alpha <- pnorm(z0 + z / (1 - a * z))
  c(z0, a, alpha, quantile(theta, alpha, type = 7), quantile(theta, c(.025, .975), type = 7))
}

for (id in names(sets)) {
  s <- sets[[id]]
  put <- function(name, values)
    writeLines(sprintf("%s.%s%s %.17g", id, name, if (length(values) > 1) paste0(".", seq_along(values) - 1) else "", values), out)
  tt <- function(name, r) {
    v <- if (length(r$estimate) == 2) r$estimate[1] - r$estimate[2] else r$estimate
    put(name, unname(c(v, r$statistic, r$parameter, r$p.value, r$conf.int)))
  }
  pre <- s$pre; post <- s$post; d <- post - pre; n <- length(d)
  a <- s$a; b <- s$b; n1 <- length(a); n2 <- length(b)

  put("summary", c(mean(a), sd(a), median(a), quantile(a, .3, type = 7)))
  put("r1", acf(a, 1, plot = FALSE)$acf[2])
  r <- t.test(post, pre, paired = TRUE, conf.level = .9); tt("paired", r)
  t0 <- unname(r$statistic)
  put("d_z_ci", c(lambda(t0, n - 1, .975), lambda(t0, n - 1, .025)) / sqrt(n))
  put("j", hedges(n - 1))
  put("d", c(mean(d) / sd(d), mean(d) / sqrt((var(pre) + var(post)) / 2), cor(pre, post)))
  m <- s$margin; se <- sd(d) / sqrt(n)
  put("tost", c(pt((mean(d) + m) / se, n - 1, lower.tail = FALSE), pt((mean(d) - m) / se, n - 1)))
  put("tost_ci", t.test(d, conf.level = .9)$conf.int)

  w <- wilcox.test(d, exact = TRUE)
  put("wilcoxon", unname(c(w$statistic, w$p.value)))
  put("walsh", { o <- outer(d, d, "+") / 2; median(o[upper.tri(o, TRUE)]) })
  w <- wilcox.test(s$whole, exact = FALSE, correct = TRUE)
  put("wilcoxon_ties", unname(c(w$statistic, w$p.value)))
  w <- wilcox.test(s$many, exact = FALSE, correct = TRUE)
  put("wilcoxon_many", unname(c(w$statistic, w$p.value)))

  tt("far", t.test(s$far))

  tt("welch", t.test(b, a))
  sp <- sqrt(((n1 - 1) * var(a) + (n2 - 1) * var(b)) / (n1 + n2 - 2)); k <- sqrt(1 / n1 + 1 / n2)
  d2 <- (mean(b) - mean(a)) / sp
  put("pooled", c(sp, d2, d2 * hedges(n1 + n2 - 2)))
  put("pooled_ci", c(lambda(d2 / k, n1 + n2 - 2, .975), lambda(d2 / k, n1 + n2 - 2, .025)) * k)
  w <- wilcox.test(b, a, exact = TRUE)
  put("mann_whitney", unname(c(w$statistic, w$p.value)))
  put("shift", median(outer(b, a, "-")))
  w <- wilcox.test(s$whole, s$whole2, exact = FALSE, correct = TRUE)
  put("mann_whitney_ties", unname(c(w$statistic, w$p.value)))
  put("nct", pt(s$nct[1], s$nct[2], s$nct[3]))

  y <- c(a, b); g <- rep(0:1, c(n1, n2)); co <- s$covariate
  f <- lm(y ~ g + I(co - mean(co))); cf <- summary(f)$coefficients; ci <- confint(f)
  for (i in 2:3) put(c("", "adjust_group", "adjust_slope")[i], c(cf[i, c(1, 2, 3, 4)], ci[i, ]))
  put("adjust_sd", summary(f)$sigma)
  put("holm", p.adjust(s$p, "holm"))
  put("bh", p.adjust(s$p, "BH"))

  # permutation: signs, two samples, curves
  few <- d[1:min(n, 9)]
  flips <- signs(length(few)) %*% few
  put("sign_flip", sum(abs(flips) >= abs(sum(few)) * (1 - 1e-9)))
  fa <- a[1:min(n1, 6)]; fb <- b[1:min(n2, 5)]; all <- c(fa, fb)
  perm <- apply(combn(length(all), length(fb)), 2, function(i) mean(all[i]) - mean(all[-i]))
  put("permute_two", sum(abs(perm) >= abs(mean(fb) - mean(fa)) * (1 - 1e-9)))
  x5 <- a[1:min(n1, 5)]
  grid <- as.matrix(expand.grid(rep(list(x5), length(x5))))
  put("bca_mean", unname(bca(rowMeans(grid), mean(x5), x5, mean)))
  cur <- matrix(s$curves, nrow = 12, byrow = TRUE)
  tcol <- function(m) colMeans(m) / sqrt((colSums(m^2) / nrow(m) - colMeans(m)^2) / (nrow(m) - 1))
  t6 <- tcol(cur[1:6, ])
  mx <- apply(signs(6), 1, function(e) max(abs(tcol(cur[1:6, ] * e))))
  put("curve_t", t6)
  put("curve_p", sapply(t6, function(q) mean(mx >= abs(q) * (1 - 1e-9))))
  put("curve_critical", sort(mx)[ceiling(.95 * 64)])
  pool <- function(i) apply(cur, 2, function(v) t.test(v[i], v[-i], var.equal = TRUE)$statistic)
  ss <- function(m) colSums(m^2) - nrow(m) * colMeans(m)^2
  one <- function(i) { x <- cur[i, ]; z <- cur[-i, ]
    (colMeans(x) - colMeans(z)) / sqrt((ss(x) + ss(z)) / 10 * (1 / 6 + 1 / 6)) }
  t12 <- pool(7:12)
  mx <- apply(combn(12, 6), 2, function(i) max(abs(one(i))))
  put("curve2_t", unname(t12))
  put("curve2_p", unname(sapply(t12, function(q) mean(mx >= abs(q) * (1 - 1e-9)))))

  # reliability
  k <- s$icc_k; x <- s$icc; ns <- length(x) / k
  subject <- factor(rep(1:ns, each = k)); session <- factor(rep(1:k, ns))
  ms <- anova(lm(x ~ subject + session))$`Mean Sq`
  msw <- anova(lm(x ~ subject))$`Mean Sq`[2]
  put("ms", c(ms, msw))
  put("icc", c((ms[1] - msw) / (ms[1] + (k - 1) * msw),
    (ms[1] - ms[3]) / (ms[1] + (k - 1) * ms[3] + k * (ms[2] - ms[3]) / ns), (ms[1] - ms[3]) / (ms[1] + (k - 1) * ms[3]),
    (ms[1] - msw) / ms[1], (ms[1] - ms[3]) / (ms[1] + (ms[2] - ms[3]) / ns), (ms[1] - ms[3]) / ms[1]))
  df <- (ns - 1) * (k - 1)
  mdc <- qnorm(.975) * sqrt(2 * (ms[3] + max(0, (ms[2] - ms[3]) / ns)))
  put("icc_mdc", c(mdc, mdc * sqrt(df / qchisq(c(.975, .025), df))))
  z <- s$steps # 6 subjects x 2 sessions x 4 steps
  su <- factor(rep(1:6, each = 8)); se2 <- factor(rep(rep(1:2, each = 4), 6))
  an <- anova(lm(z ~ su * se2))$`Mean Sq`
  vs <- max(0, an[3] / 4 - an[4] / 4)
  put("terms", c(vs, an[4], an[3] / 4))
  share <- (1 / 5 + 1 / 8) / 2
  v <- vs + an[4] * share
  dfm <- if (vs > 0) v^2 / ((an[3] / 4)^2 / 5 + (an[4] * (share - 1 / 4))^2 / 36) else 5
  mdc <- qnorm(.975) * sqrt(2 * v)
  put("mdc", c(mdc, dfm, mdc * sqrt(dfm / qchisq(c(.975, .025), dfm))))
  half <- qt(.975, n - 1) * sd(d) * sqrt(1 / n + qnorm(.975)^2 / (2 * (n - 1)))
  put("bland_altman", c(mean(d) + c(-1, 1) * qnorm(.975) * sd(d), t.test(d)$conf.int, mean(d) + qnorm(.975) * sd(d) + c(-1, 1) * half,
    cor(abs(d - mean(d)), (pre + post) / 2)))
  order <- s$order; e <- (post - pre) - (s$cpost - s$cpre)
  tt("within", t.test(e))
  o <- t.test(e[order == 1], e[order == 0])
  put("period", unname(c((o$estimate[1] - o$estimate[2]) / 2, o$p.value, o$conf.int / 2)))
}
close(out)
